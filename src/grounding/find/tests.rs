//! Rates in numbers, as readings and reports write them. What else is found is held by `tests/claims.rs`.

use super::*;

/// The rates of a text as `what it says | its words`.
fn said(text: &str) -> Vec<String> {
    let rates = find_claims(text).into_iter().filter_map(|claim| match claim.statement {
        Statement::HeartRate(span) if span.to > span.from => {
            Some(format!("{}-{} | {}", span.from, span.to, &text[claim.from..claim.to]))
        }
        Statement::HeartRate(span) => Some(format!("{} | {}", span.from, &text[claim.from..claim.to])),
        _ => None,
    });
    rates.collect()
}

fn hold(cases: &[(&str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| said(text) != *expected)
        .map(|(text, expected)| format!("{text}\n  found    {:?}\n  expected {expected:?}", said(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rates_in_numbers() {
    hold(&[
        ("The ECG shows a heart rate of 72 bpm.", &["72 | heart rate of 72 bpm"]),
        (
            "The ventricular rate is approximately 75 beats per minute.",
            &["75 | ventricular rate is approximately 75 beats per minute"],
        ),
        ("Rhythm: sinus, rate: 60/min", &["60 | rate: 60/min"]),
        ("Regular narrow complexes at a rate of about 150.", &["150 | rate of about 150"]),
        ("HR 98", &["98 | HR 98"]),
        ("HR: 98bpm, PR 160 ms, QRS 92 ms", &["98 | HR: 98bpm"]),
        ("The rate between 60 and 70 bpm is regular.", &["60-70 | rate between 60 and 70 bpm"]),
        ("Sinus rhythm, 72 bpm.", &["72 | 72 bpm"]),
        ("**Heart Rate:** ~72 bpm\n**PR interval:** 160 ms", &["72 | Heart Rate:** ~72 bpm"]),
        ("Vent. rate 75 BPM, PR interval 148 ms, QT/QTc 382/426 ms", &["75 | rate 75 BPM"]),
        ("The rate is 60–70 beats/min.", &["60-70 | rate is 60–70 beats/min"]),
        ("An RR interval of four large squares: 300/4 = 75 bpm.", &["75 | 75 bpm"]),
        ("Atrial fibrillation with a ventricular rate of 130 bpm.", &["130 | ventricular rate of 130 bpm"]),
        (
            "Atrial flutter with an atrial rate of 300 bpm and a ventricular rate of 150 bpm.",
            &["150 | ventricular rate of 150 bpm"],
        ),
        ("P waves are upright in II, and the rate is 72 bpm.", &["72 | rate is 72 bpm"]),
        ("Each QRS is preceded by a P wave at 68 bpm; sinus rhythm at 68/min.", &["68 | at 68/min"]),
        ("The heart rate, measured in lead II, is 54.5 bpm.", &["54.5 | 54.5 bpm"]),
        ("Rates vary from 50 to 110 bpm.", &["50-110 | 50 to 110 bpm"]),
        ("The rate is 72 bpm, within the normal range of 60-100 bpm.", &["72 | rate is 72 bpm", "60-100 | 60-100 bpm"]),
        ("A normal heart rate of 130 bpm.", &["130 | 130 bpm"]),
        ("The estimated heart rate is around 88 beats a minute.", &["88 | heart rate is around 88 beats a minute"]),
        ("Pulse 80, regular.", &["80 | Pulse 80"]),
        ("Complete AV block: atria at 90 bpm, ventricles at 35 bpm.", &["35 | 35 bpm"]),
        ("HR~60-70bpm", &["60-70 | HR~60-70bpm"]),
        ("Heart rate is 72 BPM (normal: 60-100 BPM).", &["72 | Heart rate is 72 BPM"]),
        ("The P waves are uniform, occurring at a regular rate of 72 bpm.", &["72 | rate of 72 bpm"]),
        ("Heart rate (72 bpm) and axis are unremarkable.", &["72 | Heart rate (72 bpm"]),
    ]);
}

#[test]
fn a_rate_that_may_be_is_hedged() {
    let found = find_claims("The rate may be 150 bpm.");
    assert!(found.len() == 1 && found[0].is_hedged, "{found:?}");
}

#[test]
fn numbers_that_are_no_rate_of_the_ventricles() {
    let silent = [
        "The atrial rate of 300 bpm suggests flutter.",
        "Flutter waves at about 300 bpm are seen in the inferior leads.",
        "Fibrillatory waves at 400 bpm.",
        "P waves march through at 90 bpm, unrelated to the QRS complexes.",
        "Recorded at a paper speed of 25 mm/s and 10 mm/mV.",
        "At a rate of 25 mm/s one large square is 200 ms.",
        "A 72-year-old woman, PR 160 ms, QRS 98 ms, QTc 430 ms, axis 45 degrees.",
        "The sampling rate is 500 Hz.",
        "Respiratory rate 18/min, SpO2 97 %.",
        "Target heart rate: 150 bpm. Pacemaker lower rate 60 bpm.",
        "The heart rate is above 100 bpm.",
        "Rate < 60 bpm, rate >100, up to 140 bpm, less than 50 beats per minute.",
        "Heart rate (normal 60-100 bpm)",
        "The normal heart rate is 60 to 100 bpm.",
        "The heart rate is not 72 bpm.",
        "Compared with the previous ECG the rate of 90 bpm is gone.",
        "The rate has increased from 60 to 100 bpm.",
        "Is the heart rate 72 bpm?",
        "The rate is two large boxes, 300 divided by 2; a rate in the 70s; 6 PVCs/min.",
        "Heart rate variability of 50 ms; rate-corrected QT 440.",
        "2:1 block at a rate of 2:1, V1 to V6, 12-lead, 2026-11-24 10:15",
        "Heart rate 12345678901234567890 bpm. The rate is approximately 1 beat per second.",
    ];
    hold(&silent.map(|text| (text, &[][..])));
}
