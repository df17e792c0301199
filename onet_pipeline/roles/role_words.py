"""The words by which a column of job titles is known: in its header, and in its cells.

Belongs here: the vocabularies and how one header or one value scores. Does not: choosing among columns.
"""

import re

from onet_pipeline.roles.titles import normalise


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split("|"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Headers, or parts of them, that say "job title" outright.
_NAMES = _phrases(
    """
    job title | job titles | jobtitle | jobtitles | position title | position titles | position name | job name |
    role title | role name | occupation title | occupation name | occupational title | working title |
    business title | official title | employee title | employment title | work title | class title |
    civil service title | payroll title | post title | title of position | title of job | title description |
    job position | job role | position description title | stellenbezeichnung | berufsbezeichnung |
    tatigkeitsbezeichnung | jobbezeichnung | positionsbezeichnung | funktionsbezeichnung | stellentitel | puesto |
    puesto de trabajo | titulo del puesto | nombre del puesto | denominacion del puesto | cargo | nombre del cargo |
    intitule de poste | intitule du poste | intitule de l emploi | intitule emploi | titre du poste |
    titre d emploi | libelle emploi | libelle du poste | poste occupe | qualifica professionale | titolo di lavoro |
    posizione lavorativa | mansione | functietitel | functienaam | functiebenaming | nome do cargo |
    titulo do cargo | nazwa stanowiska | stanowisko | yrkestitel | stillingstittel | stillingsbetegnelse |
    ammattinimike | pracovni pozice | nazev pozice | beosztas | munkakor | unvan | gorev unvani | должность | 职位 |
    职务 | 職種 | 役職 | 직책 | 직위 | المسمى الوظيفي | الوظيفة
    """
)
#: Headers that mean it when nothing better is there.
_MAYBE = _phrases(
    """
    title | titles | role | roles | occupation | occupations | position | positions | designation | job | jobs |
    post | profession | vocation | job description | job classification | job class | classification |
    classification title | position description | title name | beruf | position | stelle | funktion | tatigkeit |
    titel | ocupacion | profesion | empleo | poste | emploi | fonction | metier | profession | functie | beroep |
    professione | ruolo | posizione | profissao | ocupacao | funcao | zawod | yrke | stilling | befattning |
    tyottehtava | meslek | профессия
    """
)
#: A header with one of these says something about the job, not its title.
_ATTRIBUTES = _words(
    """
    code codes id ids number num no nr key grade level band step salary pay wage rate hours start begin end date
    since years year tenure status type types category group family families count headcount location city state zip
    country url link email phone flag fte percent index seniority system user access security login permission
    """
)
#: Titles, but not of the person's present job.
_OTHERS = _words(
    """
    underfilled underfill previous former prior old last past next desired requested proposed supervisor supervisors
    manager managers boss parent report reports soc onet noc isco standard alternate alternative secondary second
    reporting spouse
    """
)
#: Names that a header without a role word is likely to hold; they tell a header from a first row of data.
_COMMON_HEADERS = _words(
    """
    name names first last surname full employee id department dept division unit office agency company employer
    organization organisation city state country location region address salary wage pay date year hired gender sex
    age race email phone status type category description text sentence value count total number code abteilung
    departamento nombre nom prenom
    """
)
#: Words common in job titles of several languages; a word ending is no proof (Walker, Miller and Baker are names too).
_JOB_WORDS = _words(
    """
    accountant admin administrator adviser advisor agent aide analyst apprentice architect assistant associate asst
    attendant attorney auditor buyer captain caretaker cashier ceo cfo chef chief clerk coach consultant controller
    cook coordinator counsel counselor cto custodian dentist deputy designer detective developer dir director
    dispatcher doctor driver economist editor electrician engineer engr examiner executive expert firefighter
    foreman guard handler head helper housekeeper instructor intern inspector investigator janitor journeyman judge
    laborer labourer landscaper lawyer lead lecturer librarian lieutenant lifeguard machinist maid maintenance
    manager mechanic merchandiser mgr nurse officer operator owner painter paralegal paramedic partner pharmacist
    physician pilot planner plumber police practitioner president principal producer professor programmer
    psychologist receptionist recruiter rep representative researcher rn scientist secretary sergeant server
    specialist staff strategist supervisor supv surgeon surveyor teacher tech technician technologist teller
    therapist trainee trainer vp waiter waitress warehouse watchman welder worker writer leiter leiterin mitarbeiter
    mitarbeiterin sachbearbeiter sachbearbeiterin ingenieur ingenieurin entwickler verkaufer buchhalter fahrer
    pfleger berater techniker kaufmann kauffrau assistent assistentin geschaftsfuhrer koch lehrer referent gerente
    ingeniero analista tecnico asistente auxiliar jefe contador enfermera vendedor operario operador secretaria
    abogado medico directeur directrice responsable technicien charge chargee chef ingenieur comptable infirmier
    infirmiere vendeur conseiller responsabile impiegato operaio addetto tecnico direttore medewerker adviseur
    verpleegkundige kierownik specjalista inzynier
    """
)
_LAST_WORDS = _words("title titles occupation designation role position profession job")
_SALUTATIONS = _words(
    """
    mr mrs ms miss mx dr prof sir madam herr frau m mme mlle sr sra sig
    """
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def header_words(header: str) -> str:
    """Normalise a header: ``JobTitle``, ``JOB_TITLE`` and `` Job  title`` are all ``job title``."""
    return normalise(_CAMEL.sub(" ", header))


def header_rank(header: str) -> int:
    """Say how surely a header names the role column: 4 by itself, 3 in part, 2 perhaps, 1 other titles, 0 no."""
    plain = header_words(header)
    words = plain.split()
    if not words or len(words) > 6 or _ATTRIBUTES.intersection(words):
        return 0
    phrases = {" ".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    rank = 4 if plain in _NAMES else 3 if phrases & _NAMES else 2 if plain in _MAYBE or words[-1] in _LAST_WORDS else 0
    return min(rank, 1) if _OTHERS.intersection(words) else rank


def is_role_word(header: str) -> bool:
    """Tell whether a text is by itself the header of a role column."""
    return header_rank(header) >= 2


def is_common_header(header: str) -> bool:
    """Tell whether a text is written as headers are: a word such as ``department``, or ``an_identifier``."""
    plain = header_words(header)
    identifier = "_" in header and " " not in header
    return (
        identifier
        or header_rank(header) > 0
        or (len(plain.split()) <= 3 and bool(_COMMON_HEADERS & set(plain.split())))
    )


def holds_job_word(value: str) -> bool:
    """Tell whether a value has a word that occurs in many job titles."""
    return not _JOB_WORDS.isdisjoint(normalise(value).split())


def is_salutation(value: str) -> bool:
    """Tell whether a value is ``Mr.``, ``Dr`` and the like, which a column ``Title`` may hold."""
    return normalise(value) in _SALUTATIONS
