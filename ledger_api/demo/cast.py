"""Who and what the demonstration is about: invented firms, places and goods, with GS1 keys.

Source: GS1 General Specifications, section 7.9 (check digits); all company prefixes begin with
952, which GS1 keeps for demonstrations and examples.
"""

from __future__ import annotations

from dataclasses import dataclass

from traceability.codes.keys import check_digit

GS1 = "https://id.gs1.org"


@dataclass(frozen=True, slots=True)
class Party:
    """An invented organisation; `issues` says whether it gives codes to goods."""

    name_zh: str
    name_en: str
    prefix: str
    role: str
    issues: bool = True

    @property
    def gln(self) -> str:
        """The organisation's own GLN, which is also that of its site."""
        digits = f"{self.prefix}00001"
        return digits + check_digit(digits)

    @property
    def name(self) -> str:
        """The name in both languages, as its card has it."""
        return f"{self.name_zh} {self.name_en}"

    @property
    def party_uri(self) -> str:
        """The organisation as a party to a transaction."""
        return f"{GS1}/417/{self.gln}"

    @property
    def site_uri(self) -> str:
        """The organisation's site."""
        return f"{GS1}/414/{self.gln}"

    def spot_uri(self, spot: str) -> str:
        """Return a spot inside the site."""
        return f"{self.site_uri}/254/{spot}"

    def sscc_uri(self, number: int) -> str:
        """Return the code of a logistic unit that the organisation packs."""
        digits = f"1{self.prefix}{number:09d}"
        return f"{GS1}/00/{digits}{check_digit(digits)}"

    def transaction_uri(self, kind: str, number: str) -> str:
        """Return the name of one of the organisation's papers."""
        return f"urn:epcglobal:cbv:bt:{self.gln}:{kind}-{number}"


@dataclass(frozen=True, slots=True)
class Goods:
    """A kind of product of one maker; `uom` as in UN/ECE recommendation 20, empty for pieces."""

    name_zh: str
    name_en: str
    maker: Party
    reference: int
    uom: str = ""

    @property
    def gtin(self) -> str:
        """The product's GTIN-14."""
        digits = f"0{self.maker.prefix}{self.reference:05d}"
        return digits + check_digit(digits)

    def lot_uri(self, lot: str) -> str:
        """Return the code of a lot."""
        return f"{GS1}/01/{self.gtin}/10/{lot}"

    def item_uri(self, serial: str) -> str:
        """Return the code of one piece."""
        return f"{GS1}/01/{self.gtin}/21/{serial}"


ROD_A = Party("示例铜杆甲厂", "Example Copper Rod A", "9521001", "supplier")
ROD_B = Party("示例铜杆乙厂", "Example Copper Rod B", "9521002", "supplier")
ROD_C = Party("示例铜杆丙厂", "Example Copper Rod C", "9521003", "supplier")
POLYMERS = Party("示例塑料厂", "Example Polymers", "9521004", "supplier")
PLANT = Party("示例电缆厂", "Example Cable Works", "9521005", "producer")
CARRIER = Party("示例物流", "Example Logistics", "9521006", "carrier", issues=False)
DEPOT = Party("示例配送中心", "Example Distribution", "9521007", "distributor", issues=False)

ROD_MAKERS = (ROD_A, ROD_B, ROD_C)
PARTIES = (*ROD_MAKERS, POLYMERS, PLANT, CARRIER, DEPOT)
# Whose quality is scored.
SCORED = (*ROD_MAKERS, POLYMERS, PLANT)

RODS = {
    maker: Goods("电工用铜线坯 8.0 mm", "Copper rod 8.0 mm", maker, 10001, "KGM")
    for maker in ROD_MAKERS
}
PVC = Goods("聚氯乙烯绝缘料", "PVC insulation compound", POLYMERS, 20001, "KGM")
WIRE = Goods("铜单线 1.70 mm", "Copper wire 1.70 mm", PLANT, 30001, "KGM")
STRAND = Goods("铜绞线 16 mm²", "Stranded conductor 16 mm²", PLANT, 30002, "KGM")
CABLE = Goods("电缆 BVR 16 mm²", "Cable BVR 16 mm²", PLANT, 30003, "MTR")
DRUM = Goods("电缆 BVR 16 mm²，500 m/盘", "Cable BVR 16 mm², drum of 500 m", PLANT, 40001)
HALF_DRUM = Goods("电缆 BVR 16 mm²，250 m/盘", "Cable BVR 16 mm², drum of 250 m", PLANT, 40002)
