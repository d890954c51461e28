"""What the simulated recorder, switch, UPS and NAS say over SNMP: hand-written excerpts of their MIBs, as snmprec."""

from typing import Final

_SYSTEM: Final = "1.3.6.1.2.1.1"
#: HIKVISION-MIB, hikDiskStatus of the first disk: 0 normal, 2 abnormal, 3 SMART failed.
HIK_DISK_STATUS: Final = "1.3.6.1.4.1.50001.1.241.1.3.1"
#: PowerNet-MIB, upsBasicOutputStatus: 2 on line, 3 on battery.
APC_OUTPUT: Final = "1.3.6.1.4.1.318.1.1.1.4.1.1.0"
#: SYNOLOGY-DISK-MIB, diskStatus of the first disk: 1 normal, 5 crashed.
DSM_DISK_STATUS: Final = "1.3.6.1.4.1.6574.2.1.1.5.0"


def if_oper_status(port: int) -> str:
    """Return the OID of ifOperStatus of a port: 1 up, 2 down (IF-MIB, RFC 2863)."""
    return f"1.3.6.1.2.1.2.2.1.8.{port}"


def _system(descr: str, oid: str, name: str) -> list[str]:
    return [
        f"{_SYSTEM}.1.0|4|{descr}",
        f"{_SYSTEM}.2.0|6|{oid}",
        f"{_SYSTEM}.3.0|67|85447143",
        f"{_SYSTEM}.4.0|4|",
        f"{_SYSTEM}.5.0|4|{name}",
        f"{_SYSTEM}.6.0|4|rack 1",
    ]


def recorder(name: str, *, disks: int = 2) -> str:
    """Return a Hikvision-like recorder with `disks` disks of 4 TB (HIKVISION-MIB: sizes in MB)."""
    lines = _system("Hikvision company products", "1.3.6.1.4.1.50001", name)
    lines += [
        "1.3.6.1.4.1.39165.1.1.0|4|DS-7616NXI-I2/S",
        "1.3.6.1.4.1.39165.1.3.0|4|V4.61.025 build 220905",
        "1.3.6.1.4.1.50001.1.3.0|4|DS-7616NXI-I2/S1620220905CCRRK0000001WCVU",
        "1.3.6.1.4.1.50001.1.100.0|2|2",
        "1.3.6.1.4.1.50001.1.220.0|2|2048",
        "1.3.6.1.4.1.50001.1.221.0|2|31",
    ]
    for disk in range(1, disks + 1):
        lines += [
            f"1.3.6.1.4.1.50001.1.241.1.1.{disk}|2|{disk}",
            f"1.3.6.1.4.1.50001.1.241.1.2.{disk}|4|hdd{disk}",
            f"1.3.6.1.4.1.50001.1.241.1.3.{disk}|2|0",
            f"1.3.6.1.4.1.50001.1.241.1.4.{disk}|2|0",
            f"1.3.6.1.4.1.50001.1.241.1.5.{disk}|2|3815447",
        ]
    return "\n".join(lines)


def switch(name: str, *, ports: int = 24) -> str:
    """Return a managed PoE switch (IF-MIB RFC 2863, ENTITY-MIB RFC 6933, POWER-ETHERNET-MIB RFC 3621)."""
    lines = _system("SG350-28P 28-Port Gigabit PoE Managed Switch", "1.3.6.1.4.1.9.6.1.95.28.5", name)
    lines.append(f"1.3.6.1.2.1.2.1.0|2|{ports}")
    for port in range(1, ports + 1):
        row = {2: f"4|gi{port}", 3: "2|6", 5: "66|1000000000", 6: f"4x|0200000000{port:02x}", 7: "2|1", 8: "2|1"}
        row |= {10: "65|1000", 13: "65|0", 14: "65|0", 16: "65|1000", 19: "65|0", 20: "65|0"}
        lines += [f"1.3.6.1.2.1.2.2.1.{column}.{port}|{value}" for column, value in row.items()]
        lines += [
            f"1.3.6.1.2.1.2.2.1.1.{port}|2|{port}",
            f"1.3.6.1.2.1.31.1.1.1.1.{port}|4|gi{port}",
            f"1.3.6.1.2.1.31.1.1.1.6.{port}|70|1000",
            f"1.3.6.1.2.1.31.1.1.1.10.{port}|70|1000",
            f"1.3.6.1.2.1.31.1.1.1.15.{port}|66|1000",
            f"1.3.6.1.2.1.31.1.1.1.18.{port}|4|",
            f"1.3.6.1.2.1.105.1.1.1.3.1.{port}|2|1",
            f"1.3.6.1.2.1.105.1.1.1.6.1.{port}|2|3",
        ]
    chassis = {2: "4|SG350-28P", 3: "6|1.3.6.1.4.1.9.6.1.95.28.5", 4: "2|0", 5: "2|3", 6: "2|1", 7: "4|chassis"}
    chassis |= {8: "4|V02", 9: "4|1.0.0.3", 10: "4|2.5.9.16", 11: "4|DNI2230A0B1", 12: "4|Cisco", 13: "4|SG350-28P-K9"}
    lines += [f"1.3.6.1.2.1.47.1.1.1.1.{column}.67109120|{value}" for column, value in chassis.items()]
    return "\n".join(lines)


def ups(name: str) -> str:
    """Return an APC-like UPS (PowerNet-MIB)."""
    card = (
        "APC Web/SNMP Management Card (MB:v4.1.0 PF:v7.0.8 PN:apc_hw05_aos_708.bin AF1:v7.0.8 "
        "AN1:apc_hw05_sumx_708.bin MN:AP9631 HR:08 SN: ZA0000000001 MD:04/10/2018)"
    )
    power = "1.3.6.1.4.1.318.1.1.1"
    return "\n".join(
        [
            *_system(card, "1.3.6.1.4.1.318.1.3.27", name),
            f"{power}.1.1.1.0|4|Smart-UPS X 750",
            f"{power}.1.2.1.0|4|UPS 09.8 (ID20)",
            f"{power}.1.2.3.0|4|AS1900000001",
            f"{power}.2.1.1.0|2|2",
            f"{power}.2.2.1.0|66|100",
            f"{power}.2.2.2.0|66|24",
            f"{power}.2.2.3.0|67|360000",
            f"{power}.2.2.4.0|2|1",
            f"{power}.3.2.1.0|66|231",
            f"{APC_OUTPUT}|2|2",
            f"{power}.4.2.3.0|66|23",
        ]
    )


def nas(name: str, *, disks: int = 4) -> str:
    """Return a Synology-like NAS (SYNOLOGY-SYSTEM-MIB, -DISK-MIB, -RAID-MIB)."""
    lines = _system("Linux nas 4.4.302+ #72806 SMP x86_64", "1.3.6.1.4.1.8072.3.2.10", name)
    system = {"1": "2|1", "2": "2|41", "3": "2|1", "4.1": "2|1", "4.2": "2|1"}
    system |= {"5.1": "4|DS1621+", "5.2": "4|2150QWR000001", "5.3": "4|DSM 7.2-72806"}
    lines += [f"1.3.6.1.4.1.6574.1.{column}.0|{value}" for column, value in system.items()]
    for disk in range(disks):
        row = {1: f"2|{disk}", 2: f"4|Disk {disk + 1}", 3: "4|ST4000VX016", 4: "4|SATA", 5: "2|1", 6: "2|36"}
        lines += [f"1.3.6.1.4.1.6574.2.1.1.{column}.{disk}|{value}" for column, value in row.items()]
    lines += [
        "1.3.6.1.4.1.6574.3.1.1.1.0|2|0",
        "1.3.6.1.4.1.6574.3.1.1.2.0|4|Volume 1",
        "1.3.6.1.4.1.6574.3.1.1.3.0|2|1",
    ]
    return "\n".join(lines)
