"""Configuration folders for tests: right unless a test says otherwise."""

from pathlib import Path

SITE = "site: {id: depot}\ncredentials:\n  cams: {username: eye}\n  lan: {snmp: v2c}\n"
INVENTORY = "devices:\n  - {id: cam-1, kind: camera, address: 192.0.2.21}\n"


def write(folder: Path, **files: str | bytes) -> Path:
    """Write `site`, `inventory`, `policy` ... into `folder`; site and inventory are right where not given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ({"site": SITE, "inventory": INVENTORY} | files).items():
        (folder / f"{name}.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def conceal(folder: Path, name: str, text: str | bytes, mode: int = 0o600) -> Path:
    """Write the secret `name` beside the configuration."""
    path = folder / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path
