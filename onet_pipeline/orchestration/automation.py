"""When a part of the O*NET chain is made without being asked for.

Belongs here: the condition of the chain and the sensor that evaluates it. Does not: uploads; paid work goes through
``sensors.upload_sensor`` alone, so that nothing is launched twice.

https://docs.dagster.io/guides/automate/declarative-automation
"""

import dagster as dg

from onet_pipeline.orchestration.groups import ONET, SEARCH

# Plain eager() asks for everything below a materialization, whether its content changed or not. Only the look above is
# replaced: what was made since is up to date, also where its own content stayed the same.
_CONTENT_ABOVE_CHANGES = dg.AutomationCondition.any_deps_updated().replace(
    "newly_updated", dg.AutomationCondition.data_version_changed()
)
WHEN_CONTENT_CHANGES = (
    dg.AutomationCondition.eager().replace("any_deps_updated", _CONTENT_ABOVE_CHANGES)
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("when the content above changes and its blocking checks have passed")

onet_automation = dg.AutomationConditionSensorDefinition(
    "onet_automation",
    target=dg.AssetSelection.groups(ONET, SEARCH),
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Carries a release that was fetched by hand down to tables and search index, if its content is new.",
)
