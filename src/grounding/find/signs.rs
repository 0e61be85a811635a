//! The words for what single leads show: ST, T, Q, P, R and S waves, voltage.

use super::Meaning::{self, Bare, Is, Isnt, Nothing};
use super::lexicon::Entry;
use super::statement::Sign;
use super::{BareWord, Concept};

const fn is(sign: Sign) -> Meaning {
    Is(Concept::Sign(sign))
}

const fn isnt(sign: Sign) -> Meaning {
    Isnt(Concept::Sign(sign))
}

/// The lexicon.
pub const SIGNS: &[Entry<Meaning>] = &[
    // ST segment
    ("st segment|segments? elevation|elevations", is(Sign::StElevation)),
    ("st segment|segments? _ elevated|raised", is(Sign::StElevation)),
    ("st segment|segments _ elevation|elevations", is(Sign::StElevation)),
    ("elevated|raised st segment|segments?", is(Sign::StElevation)),
    ("ste", is(Sign::StElevation)),
    ("j point elevation", is(Sign::StElevation)),
    ("st segment|segments? depression|depressions", is(Sign::StDepression)),
    ("st segment|segments? _ depressed|lowered", is(Sign::StDepression)),
    ("st segment|segments _ depression|depressions", is(Sign::StDepression)),
    ("depressed st segment|segments?", is(Sign::StDepression)),
    ("j point depression", is(Sign::StDepression)),
    ("reciprocal depression|depressions", is(Sign::StDepression)),
    ("elevation|elevations", Bare(BareWord::Elevation)),
    ("depression|depressions", Bare(BareWord::Depression)),
    ("pr segment? depression|elevation", Nothing),
    ("st segment|segments? _ isoelectric|normal|baseline|flat|unremarkable", is(Sign::StIsoelectric)),
    ("st segment|segments _ on|at|near the? baseline", is(Sign::StIsoelectric)),
    ("isoelectric|normal st segment|segments?", is(Sign::StIsoelectric)),
    (
        "st segment|segments? deviation|deviations|change|changes|abnormality|abnormalities|shift|shifts",
        isnt(Sign::StIsoelectric),
    ),
    ("st segment? level|levels?", Bare(BareWord::StLevel)),
    ("st t wave|waves? segment? change|changes|abnormality|abnormalities", is(Sign::StTChange)),
    ("st segment? and|or t wave change|changes|abnormality|abnormalities", is(Sign::StTChange)),
    ("st elevation myocardial infarction", Is(Concept::Diagnosis(super::statement::Diagnosis::Stemi))),
    // T wave
    ("t wave|waves? inversion|inversions", is(Sign::TInverted)),
    ("inverted|negative t wave|waves?", is(Sign::TInverted)),
    ("t wave|waves _ inverted|negative", is(Sign::TInverted)),
    ("twi|twis", is(Sign::TInverted)),
    ("upright|positive t wave|waves?", is(Sign::TUpright)),
    ("t wave|waves _ upright|positive", is(Sign::TUpright)),
    ("flat|flattened t wave|waves", is(Sign::TFlat)),
    ("t wave|waves? flattening", is(Sign::TFlat)),
    ("t wave|waves _ flat|flattened", is(Sign::TFlat)),
    ("tall|peaked|hyperacute|tented|prominent and? peaked? t wave|waves", is(Sign::TTall)),
    ("tall ... peaked t wave|waves", is(Sign::TTall)),
    ("t wave|waves _ tall|peaked|tented|hyperacute and? peaked?", is(Sign::TTall)),
    ("biphasic t wave|waves", is(Sign::TBiphasic)),
    ("t wave|waves _ biphasic", is(Sign::TBiphasic)),
    ("normal t wave|waves", is(Sign::TNormal)),
    ("t wave|waves _ normal|unremarkable", is(Sign::TNormal)),
    ("t wave|waves? change|changes|abnormality|abnormalities", isnt(Sign::TNormal)),
    ("inverted|negative > in|across", Bare(BareWord::Inverted)),
    ("upright|positive > in|across", Bare(BareWord::Upright)),
    ("flat|flattened > in|across", Bare(BareWord::Flat)),
    ("biphasic > in|across", Bare(BareWord::Biphasic)),
    // P wave
    ("upright|positive p wave|waves", is(Sign::PUpright)),
    ("p wave|waves _ upright|positive", is(Sign::PUpright)),
    ("inverted|negative p wave|waves", is(Sign::PInverted)),
    ("p wave|waves _ inverted|negative", is(Sign::PInverted)),
    // Q wave
    (
        "pathological|pathologic|significant|deep|abnormal|prominent|large|wide and? wide? q wave|waves?",
        is(Sign::PathologicalQ),
    ),
    ("q wave|waves", is(Sign::PathologicalQ)),
    ("qs complex|complexes|pattern|patterns|wave|waves?", is(Sign::PathologicalQ)),
    ("non pathological|pathologic|significant q wave|waves?", isnt(Sign::PathologicalQ)),
    ("small|narrow|tiny|septal|nonpathological|physiological|insignificant q wave|waves?", isnt(Sign::PathologicalQ)),
    // R and S wave
    ("poor|delayed|abnormal|reduced|slow|impaired r wave? progression", is(Sign::RProgressionPoor)),
    ("normal|good|appropriate|preserved|adequate r wave? progression", is(Sign::RProgressionNormal)),
    ("r wave? progression ... normal|good|appropriate|preserved|adequate", is(Sign::RProgressionNormal)),
    ("r wave? progression ... poor|delayed|abnormal|reduced|impaired", is(Sign::RProgressionPoor)),
    ("tall|high|prominent|large r wave|waves?", is(Sign::RTall)),
    ("r wave|waves _ tall|high|prominent", is(Sign::RTall)),
    ("deep|prominent s wave|waves?", is(Sign::SDeep)),
    ("s wave|waves _ deep|prominent", is(Sign::SDeep)),
    ("rsr pattern|complex|complexes|morphology?", is(Sign::RsrPrime)),
    ("loss of r wave", Nothing),
    ("broad|notched|wide|slurred r wave|waves", Nothing),
    ("low qrs? voltage|voltages|amplitude|amplitudes", is(Sign::LowVoltage)),
    ("qrs? voltage|voltages|amplitude|amplitudes _ low|small|reduced", is(Sign::LowVoltage)),
    ("qrs? voltage|voltages|amplitude|amplitudes _ normal", isnt(Sign::LowVoltage)),
    ("normal qrs? voltage|voltages|amplitude|amplitudes", isnt(Sign::LowVoltage)),
];
