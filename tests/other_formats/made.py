"""Makes pyedflib.edf and pydicom.dcm: small recordings by writers that are not ours. Needs pyedflib, pydicom and numpy."""

import datetime
import pathlib

import numpy
import pydicom
import pyedflib
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

FOLDER = pathlib.Path(__file__).parent
START = datetime.datetime(2026, 2, 3, 4, 5, 6)
SECONDS = 4


def digital(rate_hz: int, slope: int) -> numpy.ndarray:
    """A saw tooth: slope digital units a sample, from -1000 to 999."""
    return (numpy.arange(rate_hz * SECONDS) * slope) % 2000 - 1000


def edf() -> None:
    """EDF+C: II at 250 Hz, V1 at 125 Hz, respiration at 25 Hz, two annotations."""
    path = str(FOLDER / "pyedflib.edf")
    writer = pyedflib.EdfWriter(path, 3, file_type=pyedflib.FILETYPE_EDFPLUS)
    common = {"digital_min": -32768, "digital_max": 32767, "transducer": "", "prefilter": ""}
    mv = {"dimension": "mV", "physical_min": -32.768, "physical_max": 32.767}
    writer.setSignalHeaders(
        [
            {"label": "ECG II", "sample_frequency": 250, **mv, **common},
            {"label": "EKG V1", "sample_frequency": 125, **mv, **common},
            {"label": "Resp chest", "sample_frequency": 25, "dimension": "ohm", "physical_min": -1, "physical_max": 1, **common},
        ]
    )
    writer.setStartdatetime(START)
    samples = [digital(250, 7), digital(125, 11), digital(25, 13)]
    writer.writeSamples([signal.astype(numpy.int32) for signal in samples], digital=True)
    writer.writeAnnotation(1.5, -1, "Lights off")
    writer.writeAnnotation(2.25, 1, "Bewegung, müde")
    writer.close()


def coded(value: str, scheme: str, meaning: str) -> Dataset:
    """A code."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def channel(number: int, lead: str) -> Dataset:
    """One lead, 5 uV a digital unit, 40 uV at digital 0."""
    definition = Dataset()
    definition.ChannelSourceSequence = [coded(f"2:{number}", "MDC", f"Lead {lead}")]
    definition.ChannelSensitivity = "5"
    definition.ChannelSensitivityUnitsSequence = [coded("uV", "UCUM", "microvolt")]
    definition.ChannelSensitivityCorrectionFactor = "1"
    definition.ChannelBaseline = "40"
    definition.ChannelSampleSkew = "0"
    definition.WaveformBitsStored = 16
    return definition


def group(rate_hz: int, offset_ms: int, channels: list, samples: list, originality: str = "ORIGINAL") -> Dataset:
    """A multiplex group."""
    item = Dataset()
    item.MultiplexGroupTimeOffset = str(offset_ms)
    item.WaveformOriginality = originality
    item.NumberOfWaveformChannels = len(channels)
    item.NumberOfWaveformSamples = len(samples[0])
    item.SamplingFrequency = str(rate_hz)
    item.MultiplexGroupLabel = "MEDIAN BEAT" if originality == "DERIVED" else "RHYTHM"
    item.ChannelDefinitionSequence = [channel(*one) for one in channels]
    item.WaveformBitsAllocated = 16
    item.WaveformSampleInterpretation = "SS"
    item.WaveformPaddingValue = b"\x00\x80"
    item.WaveformData = numpy.stack(samples, axis=1).astype("<i2").tobytes()
    return item


def dicom() -> None:
    """A 12-lead object in three groups: II for 4 s, V1 for the last 2 s with 10 samples that are none, a median beat."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.9.1.1"
    meta.MediaStorageSOPInstanceUID = "2.25.1"
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.ImplementationClassUID = "2.25.2"
    one = FileDataset(str(FOLDER / "pydicom.dcm"), {}, file_meta=meta, preamble=b"\0" * 128)
    one.SOPClassUID, one.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    one.PatientName, one.PatientID, one.Modality = "Nobody^Made", "0", "ECG"
    one.AcquisitionDateTime = START.strftime("%Y%m%d%H%M%S.5+0100")
    gap = digital(250, 11)[: 2 * 250].copy()
    gap[100:110] = -32768
    one.WaveformSequence = [
        group(250, 0, [(2, "II")], [digital(250, 7)]),
        group(250, 2000, [(2, "II"), (3, "V1")], [digital(250, 7)[500:], gap]),
        group(250, 0, [(2, "II")], [digital(250, 3)[:200]], "DERIVED"),
    ]
    one.save_as(FOLDER / "pydicom.dcm", enforce_file_format=True)


edf()
dicom()
