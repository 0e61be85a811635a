//! The QRS complex: duration, pattern, axis, voltage; and QT.

use simulators::portrait::Finding;

use super::super::facts::Facts;
use super::voice::{Voice, whole};

/// Below this a complex is called narrow.
const NARROW_MS: f64 = 112.0;
/// From this on it is wide.
const WIDE_MS: f64 = 120.0;
/// From here to there the axis is normal.
const NORMAL_AXIS_DEG: std::ops::RangeInclusive<f64> = -30.0..=90.0;

/// Duration, pattern and axis.
pub(super) fn complex(facts: &Facts, voice: &mut Voice) -> Vec<String> {
    let mut said: Vec<String> = duration(facts, voice).into_iter().collect();
    said.extend(axis(facts, voice));
    said
}

fn duration(facts: &Facts, voice: &mut Voice) -> Option<String> {
    let has = |finding| facts.has(finding);
    let qrs_ms = facts.qrs_ms?;
    let value = [("qrs", whole(qrs_ms))];
    if has(Finding::LeftBundleBranchBlock) {
        let templates = [
            "The QRS complex is wide at {qrs} ms with the pattern of left bundle branch block.",
            "QRS duration is {qrs} ms with a left bundle branch block.",
            "The QRS complexes are broad ({qrs} ms) and show left bundle branch block.",
            "There is left bundle branch block with a QRS duration of {qrs} ms, predominantly negative in V1.",
        ];
        return Some(voice.say(&templates[..3 + usize::from(facts.v1_fits)], &value));
    }
    if has(Finding::RightBundleBranchBlock) {
        let templates = [
            "The QRS complex is wide at {qrs} ms with the pattern of right bundle branch block.",
            "QRS duration is {qrs} ms with a right bundle branch block.",
            "The QRS complexes are broad ({qrs} ms) and show right bundle branch block.",
            "There is right bundle branch block with a QRS duration of {qrs} ms and a terminal R wave in V1.",
        ];
        return Some(voice.say(&templates[..3 + usize::from(facts.v1_fits)], &value));
    }
    let is_ventricular = matches!(
        facts.rhythm,
        Some(
            Finding::VentricularTachycardia
                | Finding::PolymorphicVentricularTachycardia
                | Finding::IdioventricularRhythm
                | Finding::VentricularPacing
                | Finding::DualChamberPacing
        )
    );
    if qrs_ms >= WIDE_MS && is_ventricular {
        return Some(voice.say(
            &["The QRS complexes are wide ({qrs} ms).", "QRS duration is {qrs} ms, as in beats of ventricular origin."],
            &value,
        ));
    }
    if qrs_ms >= WIDE_MS {
        return Some(
            voice.say(&["The QRS complex is wide at {qrs} ms.", "The QRS duration is prolonged at {qrs} ms."], &value),
        );
    }
    if qrs_ms < NARROW_MS {
        return Some(voice.say(
            &[
                "The QRS complexes are narrow at {qrs} ms.",
                "The QRS duration is normal at {qrs} ms.",
                "QRS complexes are narrow, {qrs} ms.",
                "The QRS duration is {qrs} ms.",
            ],
            &value,
        ));
    }
    Some(voice.say(&["The QRS duration is {qrs} ms.", "QRS duration {qrs} ms."], &value))
}

fn axis(facts: &Facts, voice: &mut Voice) -> Option<String> {
    let has = |finding| facts.has(finding);
    let axis_deg = facts.axis_deg?;
    let value = [("axis", whole(axis_deg))];
    if has(Finding::LeftAnteriorFascicularBlock) {
        return Some(voice.say(
            &[
                "Left axis deviation at {axis}° suggests left anterior fascicular block.",
                "The axis is deviated to the left at {axis}°, consistent with left anterior fascicular block.",
            ],
            &value,
        ));
    }
    if has(Finding::LeftPosteriorFascicularBlock) {
        return Some(
            voice.say(&["Right axis deviation at {axis}° is consistent with left posterior fascicular block."], &value),
        );
    }
    if has(Finding::LeftAxisDeviation) {
        return Some(voice.say(
            &["There is left axis deviation at {axis}°.", "The QRS axis is {axis}°, left axis deviation."],
            &value,
        ));
    }
    if has(Finding::RightAxisDeviation) {
        return Some(voice.say(
            &["There is right axis deviation at {axis}°.", "The QRS axis is {axis}°, right axis deviation."],
            &value,
        ));
    }
    if NORMAL_AXIS_DEG.contains(&axis_deg) {
        return Some(voice.say(
            &["The QRS axis is normal at {axis}°.", "The axis is normal ({axis}°).", "The electrical axis is {axis}°."],
            &value,
        ));
    }
    Some(voice.say(&["The QRS axis is {axis}°."], &value))
}

/// QT and the corrected QT.
pub(super) fn qt(facts: &Facts, voice: &mut Voice) -> Option<String> {
    let values = [("qt", whole(facts.qt_ms?)), ("qtc", facts.qtc_ms.map(whole).unwrap_or_default())];
    if facts.qtc_ms.is_none() {
        return Some(voice.say(&["The QT interval is {qt} ms."], &values));
    }
    if facts.has(Finding::ProlongedQt) {
        return Some(voice.say(
            &[
                "The QT interval is {qt} ms and the QTc is prolonged at {qtc} ms.",
                "QT is {qt} ms with a prolonged QTc of {qtc} ms.",
            ],
            &values,
        ));
    }
    Some(voice.say(
        &[
            "The QT interval is {qt} ms (QTc {qtc} ms).",
            "QT {qt} ms, QTc {qtc} ms.",
            "The QT interval measures {qt} ms with a QTc of {qtc} ms.",
            "QT/QTc are {qt}/{qtc} ms.",
        ],
        &values,
    ))
}

/// Hypertrophy and low voltage.
pub(super) fn voltage(facts: &Facts, voice: &mut Voice) -> Option<String> {
    if facts.has(Finding::LeftVentricularHypertrophy) {
        return Some(match facts.sokolow_lyon_mv {
            Some(mv) => voice.say(
                &[
                    "High QRS voltage, S in V1 plus R in V5 or V6 being {mv} mV, meets a criterion of left ventricular \
                     hypertrophy.",
                    "The Sokolow-Lyon sum of {mv} mV meets the voltage criterion for left ventricular hypertrophy.",
                ],
                &[("mv", format!("{mv:.1}"))],
            ),
            None => voice.say(
                &[
                    "The QRS voltage meets a criterion of left ventricular hypertrophy.",
                    "High voltage suggests left ventricular hypertrophy.",
                ],
                &[],
            ),
        });
    }
    facts
        .has(Finding::LowVoltage)
        .then(|| voice.say(&["The QRS voltage is low.", "There is low QRS voltage.", "Low voltage is present."], &[]))
}
