"""The Core Business Vocabulary: each standard word in all its written forms, to one name.

Source: CBV 2.0 (ISO/IEC 19988:2024), section 7 (bizStep, disposition, types, error reasons,
components) and GS1 Web Vocabulary (sensor measurements and alerts). The normal form of a
standard word is the bare one; a word of a user vocabulary is an absolute URI and stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from traceability.errors import InvalidInput
from traceability.events.faults import FaultCode, shown

_CBV_BASES = ("cbv:", "https://ref.gs1.org/cbv/", "http://ref.gs1.org/cbv/",
              "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/")  # fmt: skip
_GS1_BASES = ("gs1:", "https://gs1.org/voc/", "http://gs1.org/voc/", "https://www.gs1.org/voc/",
              "http://www.gs1.org/voc/", "https://ref.gs1.org/voc/")  # fmt: skip
_URN_BASE = "urn:epcglobal:cbv:"
_ABSOLUTE_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[-A-Za-z0-9._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"
    r"(?:#(?:[-A-Za-z0-9._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?"
)


class UnknownWord(InvalidInput):
    """A word is neither in the standard's vocabulary nor a URI of somebody else's."""

    code = FaultCode.VOCABULARY.value


@dataclass(frozen=True)
class Vocabulary:
    """One list of standard words.

    Parameters
    ----------
    name
        What its words are called in errors.
    words
        The bare forms.
    bases
        What stands before a bare word in its CURIE, Web URI and URN forms.
    reserved
        URIs that begin so are the standard's: unknown ones are refused.
    """

    name: str
    words: tuple[str, ...]
    bases: tuple[str, ...]
    reserved: tuple[str, ...]
    _forms: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        forms = {base + word: word for base in ("", *self.bases) for word in self.words}
        object.__setattr__(self, "_forms", forms)

    def name_of(self, text: str) -> str:
        """Return the one name of a word.

        Parameters
        ----------
        text
            A bare word, or a CURIE with GS1's prefix, Web URI or URN of one; or another URI.

        Raises
        ------
        UnknownWord
            A bare word, or one in GS1's namespaces, that the standard does not have; or no URI.
        """
        known = self._forms.get(text)
        if known is not None:
            return known
        if text.startswith(self.reserved) or _ABSOLUTE_URI.fullmatch(text) is None:
            raise UnknownWord(
                f"{self.name} is unknown: expected a word of the CBV or a URI of your own, "
                f"got {shown(text)}",
                expected="a word of the CBV or a URI of your own",
                got=shown(text),
            )
        return text


def _cbv(name: str, *, web: str, urn: str, words: str) -> Vocabulary:
    """Return a vocabulary of the CBV; `web` and `urn` are how its words' URIs begin."""
    bases = tuple(f"{base}{web}-" for base in _CBV_BASES)
    reserved = (*_CBV_BASES, _URN_BASE)
    urns = (f"{_URN_BASE}{urn}:",) if urn else ()
    return Vocabulary(name, tuple(words.split()), (*bases, *urns), reserved)


def _web_vocabulary(name: str, words: str) -> Vocabulary:
    """Return a vocabulary that the CBV takes from the GS1 Web Vocabulary."""
    return Vocabulary(name, tuple(words.split()), _GS1_BASES, _GS1_BASES)


BIZ_STEPS = _cbv("bizStep", web="BizStep", urn="bizstep", words="""
    accepting arriving assembling collecting commissioning consigning creating_class_instance
    cycle_counting decommissioning departing destroying disassembling dispensing encoding
    entering_exiting holding inspecting installing killing loading other packing picking
    receiving removing repackaging repairing replacing reserving retail_selling sampling
    sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping""")  # fmt: skip

DISPOSITIONS = _cbv("disposition", web="Disp", urn="disp", words="""
    active available completeness_inferred completeness_verified conformant container_closed
    container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit
    inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement
    no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved
    retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable
    unknown""")  # fmt: skip

BIZ_TRANSACTION_TYPES = _cbv("bizTransaction type", web="BTT", urn="btt", words="""
    bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt
    """)  # fmt: skip

SOURCE_DESTINATION_TYPES = _cbv("source or destination type", web="SDT", urn="sdt", words="""
    location owning_party possessing_party""")  # fmt: skip

ERROR_REASONS = _cbv("error reason", web="ER", urn="er", words="""
    did_not_occur incorrect_data""")  # fmt: skip

COMPONENTS = _cbv("component", web="Comp", urn="", words="""
    altitude axial_distance azimuth easting elevation_angle height latitude longitude northing
    polar_angle spherical_radius x y z""")  # fmt: skip

MEASUREMENTS = _web_vocabulary("sensor report type", """
    AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity
    Area Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent
    DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity
    ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance
    KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity
    MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration
    MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass
    MolarVolume Power Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity
    Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension
    Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux
    Wavenumber""")  # fmt: skip

SENSOR_ALERTS = _web_vocabulary("sensor exception", "ALARM_CONDITION ERROR_CONDITION")


def biz_step_name(text: str) -> str:
    """Return the one name of a business step, such as `shipping`, or a user's URI.

    Raises
    ------
    UnknownWord
        See `Vocabulary.name_of`.
    """
    return BIZ_STEPS.name_of(text)
