"""The language in which a vendor profile is written, as types (docs/profiles.md is its reference)."""

from typing import Annotated, Any, Final, Literal

import msgspec

#: Objects of the standard MIBs that a profile may call by name; those of SNMPv2-MIB's system group are instances.
OBJECTS: Final = {
    "sysDescr": "1.3.6.1.2.1.1.1.0",
    "sysObjectID": "1.3.6.1.2.1.1.2.0",
    "sysUpTime": "1.3.6.1.2.1.1.3.0",
    "sysName": "1.3.6.1.2.1.1.5.0",
    "sysLocation": "1.3.6.1.2.1.1.6.0",
    "snmpEngineTime": "1.3.6.1.6.3.10.2.1.3.0",
    **{
        name: f"1.3.6.1.2.1.2.2.1.{number}"
        for name, number in {
            "ifDescr": 2,
            "ifType": 3,
            "ifSpeed": 5,
            "ifPhysAddress": 6,
            "ifAdminStatus": 7,
            "ifOperStatus": 8,
        }.items()
    },
    "ifName": "1.3.6.1.2.1.31.1.1.1.1",
    "ifHighSpeed": "1.3.6.1.2.1.31.1.1.1.15",
    "ifAlias": "1.3.6.1.2.1.31.1.1.1.18",
    **{
        name: f"1.3.6.1.2.1.47.1.1.1.1.{number}"
        for number, name in enumerate(
            (
                "entPhysicalDescr",
                "entPhysicalVendorType",
                "entPhysicalContainedIn",
                "entPhysicalClass",
                "entPhysicalParentRelPos",
                "entPhysicalName",
                "entPhysicalHardwareRev",
                "entPhysicalFirmwareRev",
                "entPhysicalSoftwareRev",
                "entPhysicalSerialNum",
                "entPhysicalMfgName",
                "entPhysicalModelName",
            ),
            start=2,
        )
    },
    "entPhySensorType": "1.3.6.1.2.1.99.1.1.1.1",
    "entPhySensorScale": "1.3.6.1.2.1.99.1.1.1.2",
    "entPhySensorPrecision": "1.3.6.1.2.1.99.1.1.1.3",
    "entPhySensorValue": "1.3.6.1.2.1.99.1.1.1.4",
    "entPhySensorOperStatus": "1.3.6.1.2.1.99.1.1.1.5",
    **{
        name: f"1.3.6.1.2.1.25.2.3.1.{number}"
        for name, number in {
            "hrStorageType": 2,
            "hrStorageDescr": 3,
            "hrStorageAllocationUnits": 4,
            "hrStorageSize": 5,
            "hrStorageUsed": 6,
        }.items()
    },
    "hrDeviceType": "1.3.6.1.2.1.25.3.2.1.2",
    "hrDeviceDescr": "1.3.6.1.2.1.25.3.2.1.3",
    "hrDeviceStatus": "1.3.6.1.2.1.25.3.2.1.5",
    "hrProcessorLoad": "1.3.6.1.2.1.25.3.3.1.2",
    "hrSystemDate": "1.3.6.1.2.1.25.1.2.0",
}

#: 1.3.6.1..., an object's name as above, or (beginning with a dot) below the profile's `root`.
Oid = Annotated[str, msgspec.Meta(pattern=r"^(\d+(\.\d+)+|(\.\d+)+|[a-z][A-Za-z0-9]+)$")]
Regex = Annotated[str, msgspec.Meta(extra={"form": "regex"}, min_length=1)]
Plain = bool | int | float | str
Decoding = Literal["text", "number", "quantity", "mac", "hex", "ip", "date", "ticks", "ascii"]


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of the language share: an unknown key is an error."""


def _nested(name: str) -> msgspec.Meta:
    return msgspec.Meta(extra={"nested": name}, extra_json_schema={"$ref": f"#/$defs/{name}"})


# msgspec 0.22 crashes at the interpreter's end once it has decoded structs that contain one another, so nested parts
# are taken as they come and read one by one (see reading.py), which also tells every error and not just the first.
#: A source, an object's name standing for one, or a list of these of which the first that has a value is taken.
Definition = Annotated[Any, _nested("Definition")]
#: One of these or a list of them.
Sources = Annotated[Any, _nested("Sources")]
Conditions = Annotated[Any, _nested("Conditions")]


class Climb(_Written, frozen=True, kw_only=True):
    """Go from row to row, each named by the column `by`, until `where` holds of one (ENTITY-MIB's containment)."""

    by: Oid
    where: Conditions


class Percent(_Written, frozen=True, kw_only=True):
    """What is used as a percentage, from two of the three."""

    total: Definition = None
    used: Definition = None
    free: Definition = None


class Source(_Written, frozen=True, kw_only=True):
    """Where a value comes from and what is done to it, in the order in which the fields stand here."""

    # where from: exactly one of these
    get: Oid | None = None
    column: Oid | None = None
    index: Annotated[str, msgspec.Meta(pattern=r"^(whole|first|last|-?\d*:-?\d*)$")] | None = None
    const: Plain | None = None
    first: Sources = ()
    join: Sources = ()
    worst: Sources = ()
    percent: Percent | None = None
    # which row of `column`
    row: Definition = None
    climb: Climb | None = None
    where: Conditions = ()
    pick: Literal["first", "last", "max", "min", "sum", "average", "count", "worst"] = "first"
    # what is done to it
    decode: Decoding | None = msgspec.field(default=None, name="as")
    bit: Annotated[int, msgspec.Meta(ge=0)] | None = None
    mask: Annotated[int, msgspec.Meta(ge=1)] | None = None
    drop: tuple[Plain, ...] = ()
    pattern: Regex | None = None
    format: str | None = None
    divide: float | None = None
    scale: float | None = None
    offset: float | None = None
    times: Definition = None
    power: Sources = ()
    within: tuple[float, float] | None = None
    enum: dict[Plain, Plain | tuple[Plain, str]] | None = None
    bands: dict[float, Plain] | None = None
    otherwise: Plain | None = None
    detail: Definition = None
    unit: str | None = None


class Condition(_Written, frozen=True, kw_only=True):
    """Holds where all that is stated holds of the value of `of`; without any statement, where there is a value at all.

    `above` includes its limit, `below` does not. A missing value fulfils `not` and `unlike`, and these alone.
    """

    of: Definition
    equals: tuple[Plain, ...] | None = msgspec.field(default=None, name="is")
    differs: tuple[Plain, ...] | None = msgspec.field(default=None, name="not")
    like: Regex | None = None
    unlike: Regex | None = None
    above: float | None = None
    below: float | None = None


class Table(_Written, frozen=True, kw_only=True):
    """Facts of each row of a table. `rows` is the column whose rows are walked; without it that of the first fact."""

    rows: Oid | None = None
    subject: Definition = None
    where: Conditions = ()
    facts: dict[str, Definition]


class OnvifMatch(_Written, frozen=True, kw_only=True):
    """What GetDeviceInformation says, as expressions."""

    manufacturer: Regex | None = None
    model: Regex | None = None


class Clause(_Written, frozen=True, kw_only=True):
    """Fits a device where all that it states holds."""

    sys_object_id: tuple[Oid, ...] | Oid | None = msgspec.field(default=None, name="sysObjectID")
    sys_descr: Regex | None = msgspec.field(default=None, name="sysDescr")
    present: Oid | None = None
    onvif: OnvifMatch | None = None


class Quirks(_Written, frozen=True, kw_only=True):
    """How the devices of this family want to be treated, whatever the protocol."""

    digest_only: bool | None = None  # SOAP and HTTP: WS-Security alone is refused
    one_connection: bool | None = None  # a second connection makes it refuse or hang
    connections: Annotated[int, msgspec.Meta(ge=1)] | None = None
    no_media2: bool | None = None  # advertises Media2 and fails at it
    events_unsafe: bool | None = None  # PullPoint subscriptions leak or freeze it
    local_time: bool | None = None  # times marked Z are local
    no_getbulk: bool | None = None
    max_repetitions: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_varbinds: Annotated[int, msgspec.Meta(ge=1)] | None = None
    requests_per_minute: Annotated[float, msgspec.Meta(gt=0)] | None = None
    timeout_s: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Profile(_Written, frozen=True, kw_only=True):
    """One vendor profile as it is written. A profile without `match` is there to be extended only."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    extends: tuple[str, ...] | str = ()
    match: tuple[Clause, ...] = ()
    vendor: str | None = None
    kind: str | None = None
    unproven: bool = False
    quirks: Quirks = Quirks()
    root: Oid | None = None
    scalars: dict[str, Definition] = {}
    tables: dict[str, Annotated[Any, _nested("Table")]] = {}
