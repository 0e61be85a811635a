//! The words for conclusions.

use super::Concept;
use super::Meaning::{self, Is, Isnt, Nothing};
use super::lexicon::Entry;
use super::statement::Diagnosis;

const fn is(diagnosis: Diagnosis) -> Meaning {
    Is(Concept::Diagnosis(diagnosis))
}

/// The lexicon.
pub const DIAGNOSES: &[Entry<Meaning>] = &[
    ("normal #? lead? ecg|ekg|electrocardiogram|tracing", is(Diagnosis::NormalEcg)),
    ("ecg|ekg|electrocardiogram|tracing _ normal|unremarkable", is(Diagnosis::NormalEcg)),
    ("ecg|ekg|electrocardiogram|tracing _ within normal limits", is(Diagnosis::NormalEcg)),
    ("abnormal ecg|ekg|electrocardiogram|tracing", Isnt(Concept::Diagnosis(Diagnosis::NormalEcg))),
    ("ecg|ekg|electrocardiogram|tracing _ abnormal", Isnt(Concept::Diagnosis(Diagnosis::NormalEcg))),
    ("left ventricular hypertrophy", is(Diagnosis::Lvh)),
    ("lvh", is(Diagnosis::Lvh)),
    ("right ventricular hypertrophy", is(Diagnosis::Rvh)),
    ("rvh", is(Diagnosis::Rvh)),
    ("left atrial enlargement|abnormality|hypertrophy", is(Diagnosis::LeftAtrial)),
    ("right atrial enlargement|abnormality|hypertrophy", is(Diagnosis::RightAtrial)),
    ("myocardial? infarction|infarct|infarcts|infarctions", is(Diagnosis::Infarction)),
    ("mi", is(Diagnosis::Infarction)),
    ("stemi", is(Diagnosis::Stemi)),
    ("nstemi", Nothing),
    ("myocardial? ischemia|ischaemia", is(Diagnosis::Ischaemia)),
    ("ischemic|ischaemic change|changes", is(Diagnosis::Ischaemia)),
    ("wolff parkinson white pattern|syndrome?", is(Diagnosis::WolffParkinsonWhite)),
    ("wpw pattern|syndrome?", is(Diagnosis::WolffParkinsonWhite)),
    ("delta wave|waves", is(Diagnosis::WolffParkinsonWhite)),
    ("pre excitation", is(Diagnosis::WolffParkinsonWhite)),
    ("preexcitation", is(Diagnosis::WolffParkinsonWhite)),
    ("acute? pericarditis", is(Diagnosis::Pericarditis)),
    ("hyperkalemia|hyperkalaemia", is(Diagnosis::Hyperkalaemia)),
];
