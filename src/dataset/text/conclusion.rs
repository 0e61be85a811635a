//! What it comes to.

use simulators::portrait::{Finding, Wall};

use super::super::facts::Facts;
use super::voice::{Voice, listed};

/// The last sentence.
pub(super) fn conclusion(facts: &Facts, voice: &mut Voice) -> Option<String> {
    if facts.is_normal() {
        return Some(voice.say(
            &[
                "Conclusion: normal ECG.",
                "Overall, this is a normal ECG.",
                "Impression: normal ECG.",
                "The ECG is normal.",
            ],
            &[],
        ));
    }
    let parts = parts(facts, voice);
    if parts.is_empty() {
        return None;
    }
    Some(voice.say(
        &[
            "Conclusion: {parts}.",
            "Impression: {parts}.",
            "In summary, the ECG shows {parts}.",
            "Diagnosis: {parts}.",
            "Taken together, this is {parts}.",
        ],
        &[("parts", listed(&parts))],
    ))
}

fn parts(facts: &Facts, voice: &mut Voice) -> Vec<String> {
    let mut parts = Vec::new();
    let walls = |finding: fn(Wall) -> Finding| -> Vec<String> {
        let found = Wall::ALL.into_iter().filter(|wall| facts.has(finding(*wall)));
        found.map(|wall| wall.name().to_owned()).collect()
    };
    for finding in &facts.findings {
        let name = match finding {
            // Said by the rate, or by what is found besides.
            Finding::SinusRhythm if facts.has(Finding::SinusBradycardia) || facts.has(Finding::SinusTachycardia) => {
                continue;
            }
            Finding::LeftAxisDeviation if facts.has(Finding::LeftAnteriorFascicularBlock) => continue,
            Finding::RightAxisDeviation if facts.has(Finding::LeftPosteriorFascicularBlock) => continue,
            Finding::PrematureVentricularComplexes
                if facts.has(Finding::VentricularBigeminy) || facts.has(Finding::VentricularTrigeminy) =>
            {
                continue;
            }
            Finding::StElevation(_) | Finding::StDepression(_) | Finding::TInversion(_) | Finding::PathologicalQ(_) => {
                continue;
            }
            Finding::VentricularRun => "consecutive ventricular complexes".to_owned(),
            Finding::FirstDegreeAvBlock => "first-degree AV block".to_owned(),
            Finding::SecondDegreeAvBlockMobitzI => "second-degree AV block (Mobitz I)".to_owned(),
            Finding::SecondDegreeAvBlockMobitzIi => "second-degree AV block (Mobitz II)".to_owned(),
            Finding::CompleteAvBlock => voice.say(&["complete AV block", "third-degree AV block"], &[]),
            Finding::AtrialPacing => "atrial pacing".to_owned(),
            Finding::VentricularPacing => "ventricular pacing".to_owned(),
            Finding::DualChamberPacing => "dual-chamber pacing".to_owned(),
            Finding::WolffParkinsonWhite => "ventricular pre-excitation (Wolff-Parkinson-White pattern)".to_owned(),
            Finding::LeftVentricularHypertrophy => "left ventricular hypertrophy by voltage".to_owned(),
            Finding::ProlongedQt => "prolonged QT interval".to_owned(),
            Finding::Hyperkalaemia => "changes suggestive of hyperkalaemia".to_owned(),
            other => other.name().replace('-', " "),
        };
        parts.push(name);
    }
    let elevated = walls(Finding::StElevation);
    if !elevated.is_empty() {
        let walls = [("walls", listed(&elevated))];
        parts.push(voice.say(
            &[
                "{walls} ST elevation, suggesting acute injury",
                "{walls} ST elevation consistent with acute myocardial infarction",
                "{walls} ST segment elevation",
            ],
            &walls,
        ));
    }
    let depressed = walls(Finding::StDepression);
    if !depressed.is_empty() {
        parts.push(voice.say(&["{walls} ST depression"], &[("walls", listed(&depressed))]));
    }
    let inverted = walls(Finding::TInversion);
    if !inverted.is_empty() {
        parts.push(voice.say(&["{walls} T wave inversion"], &[("walls", listed(&inverted))]));
    }
    let scars = walls(Finding::PathologicalQ);
    if !scars.is_empty() {
        let templates: &[&str] = if elevated.is_empty() {
            &["{walls} Q waves, possibly an old infarction", "{walls} pathological Q waves"]
        } else {
            &["{walls} pathological Q waves"]
        };
        parts.push(voice.say(templates, &[("walls", listed(&scars))]));
    }
    parts
}
