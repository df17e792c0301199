"""Which taxonomy the codes of a release belong to.

Belongs here: the rule that tells SOC 2010 from SOC 2018. Does not: translating one into the other.

https://www.bls.gov/soc/2018/crosswalks.htm
"""

from collections.abc import Sequence

from onet_pipeline.errors import TableRefused
from onet_pipeline.onet.records import Occupation

# All 6-digit codes of SOC 2010 that SOC 2018 did away with, from the crosswalk of the Bureau of Labor Statistics.
# One of them is proof: no release since 25.0 (O*NET-SOC 2019) has any, and SOC 2010 has them all.
_RETIRED = """
    11-2031 11-3011 11-9061 13-2021 15-1111 15-1121 15-1122 15-1131 15-1132 15-1133 15-1134 15-1141 15-1142 15-1143
    15-1151 15-1152 15-1199 15-2091 19-3031 19-4011 19-4041 19-4091 19-4093 23-2091 25-1191 25-2052 25-2053 25-2054
    25-4021 25-9011 25-9041 27-3012 27-3021 27-3022 27-4013 29-1061 29-1062 29-1063 29-1064 29-1065 29-1066 29-1067
    29-1069 29-1199 29-2021 29-2041 29-2054 29-2071 29-9011 29-9012 31-1011 31-1013 31-1014 31-1015 35-3021 35-3022
    39-1011 39-1012 39-1021 39-9021 41-3099 43-5081 43-9011 45-3011 45-3021 47-5021 47-5031 47-5042 47-5061 49-9093
    51-2091 51-2093 51-4011 51-4012 51-9121 51-9122 53-1011 53-1021 53-1031 53-3021 53-3022 53-3041 53-4012 53-4021
    53-7032 53-7033 53-7111 55-3017
"""
RETIRED_IN_2018 = frozenset(_RETIRED.split())


def refuse_soc_2010(occupations: Sequence[Occupation], release: str) -> None:
    """Let a release pass whose codes are of SOC 2018.

    Raises:
        TableRefused: at least one code is of SOC 2010 only, as in 24.2 and older; mappings to such codes could not be
            compared with any made since.
    """
    retired = sorted(occupation.code for occupation in occupations if occupation.code[:7] in RETIRED_IN_2018)
    if retired:
        raise TableRefused(
            f"O*NET {release}, table 'Occupation Data', column 'O*NET-SOC Code': {len(retired)} of "
            f"{len(occupations)} codes, such as {retired[0]}, are of SOC 2010, which O*NET left with 25.0. Nothing was "
            "loaded; choose 25.0 or later."
        )
