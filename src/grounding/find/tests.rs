//! Sentences as readings and reports write them, each with the claims in it.

use super::*;

/// The claims of a text as `what it says | its words`.
fn said(text: &str) -> Vec<String> {
    let classes = |classes: RateClasses| {
        let names: Vec<String> = RateClass::ALL
            .iter()
            .filter(|class| classes.contains(**class))
            .map(|class| format!("{class:?}").to_lowercase())
            .collect();
        names.join("/")
    };
    find_claims(text)
        .iter()
        .map(|claim| {
            let statement = match &claim.statement {
                Statement::HeartRate { from_bpm, to_bpm } if to_bpm > from_bpm => format!("{from_bpm}-{to_bpm}"),
                Statement::HeartRate { from_bpm, .. } => format!("{from_bpm}"),
                Statement::RateClass(set) => classes(*set),
            };
            format!("{statement} | {}", &text[claim.from..claim.to])
        })
        .collect()
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
        ("Rates vary from 50 to 110 bpm.", &["50-110 | from 50 to 110 bpm"]),
        (
            "The rate is 72 bpm, within the normal range of 60-100 bpm.",
            &["72 | rate is 72 bpm", "60-100 | within the normal range of 60-100 bpm"],
        ),
        ("A normal heart rate of 130 bpm.", &["normal | normal heart rate", "130 | 130 bpm"]),
        ("The estimated heart rate is around 88 beats a minute.", &["88 | heart rate is around 88 beats a minute"]),
        ("Pulse 80, regular.", &["80 | Pulse 80"]),
        ("Heart rate (72 bpm) and axis are unremarkable.", &["72 | Heart rate (72 bpm"]),
    ]);
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
        "The rate may be 150 bpm.",
        "The rate is two large boxes, 300 divided by 2; a rate in the 70s; 6 PVCs/min.",
        "Heart rate variability of 50 ms; rate-corrected QT 440.",
        "2:1 block at a rate of 2:1, V1 to V6, 12-lead, 2026-11-24 10:15",
        "Heart rate 12345678901234567890 bpm",
    ];
    hold(&silent.map(|text| (text, &[][..])));
}

#[test]
fn rate_classes() {
    hold(&[
        ("Sinus bradycardia.", &["bradycardia | Sinus bradycardia"]),
        ("This is consistent with sinus tachycardia.", &["tachycardia | sinus tachycardia"]),
        ("The findings suggest marked bradycardia", &["bradycardia | bradycardia"]),
        ("Normal sinus rhythm at 72 bpm", &["normal | Normal sinus rhythm", "72 | 72 bpm"]),
        ("NSR, normal axis.", &["normal | NSR"]),
        ("Normal rate, regular rhythm.", &["normal | Normal rate"]),
        ("There is a normal heart rate and a regular rhythm.", &["normal | normal heart rate"]),
        ("The rate is normal.", &["normal | rate is normal"]),
        ("The ventricular rate is slow; the rhythm is regular.", &["bradycardia | ventricular rate is slow"]),
        ("Heart rate is fast", &["tachycardia | Heart rate is fast"]),
        ("The rate and rhythm are normal.", &["normal | rate and rhythm are normal"]),
        ("Rate: normal", &["normal | Rate: normal"]),
        ("The heart rate is within normal limits.", &["normal | heart rate is within normal limits"]),
        ("Atrial fibrillation with rapid ventricular response", &["tachycardia | rapid ventricular response"]),
        ("The rate is tachycardic at 130 bpm", &["tachycardia | rate is tachycardic", "130 | 130 bpm"]),
        ("The patient is bradycardic.", &["bradycardia | bradycardic"]),
    ]);
}

#[test]
fn what_is_denied_leaves_the_other_classes() {
    hold(&[
        ("No tachycardia.", &["bradycardia/normal | No tachycardia"]),
        ("Regular rhythm without bradycardia.", &["normal/tachycardia | without bradycardia"]),
        ("There is no evidence of sinus tachycardia.", &["bradycardia/normal | no evidence of sinus tachycardia"]),
        ("No bradycardia or tachycardia is seen.", &["normal | No bradycardia or tachycardia"]),
        (
            "Neither bradycardia nor tachycardia is present.",
            &["normal/tachycardia | Neither bradycardia", "bradycardia/normal | nor tachycardia"],
        ),
        ("No ST elevation, ectopy, or tachycardia.", &["bradycardia/normal | No ST elevation, ectopy, or tachycardia"]),
        ("Tachycardia is not present.", &["bradycardia/normal | Tachycardia is not present"]),
        ("Bradycardia is absent.", &["normal/tachycardia | Bradycardia is absent"]),
        ("The rate is not slow.", &["normal/tachycardia | rate is not slow"]),
        ("The rate is neither slow nor fast.", &["normal | rate is neither slow nor fast"]),
        ("There isn't any tachycardia", &["bradycardia/normal | isn't any tachycardia"]),
        ("No ST elevation, and sinus tachycardia is present.", &["tachycardia | sinus tachycardia"]),
        ("No ST elevation; sinus bradycardia.", &["bradycardia | sinus bradycardia"]),
    ]);
}

#[test]
fn rhythms_doubts_and_histories_are_no_rate_class() {
    let silent = [
        "Ventricular tachycardia.",
        "A run of monomorphic ventricular tachycardia is seen.",
        "Supraventricular tachycardia with aberrancy",
        "Atrial tachycardia; junctional bradycardia; AV nodal reentrant tachycardia.",
        "A wide complex tachycardia. A narrow-complex tachycardia.",
        "Ventricular fibrillation or tachycardia",
        "No ventricular tachycardia",
        "Tachycardia-bradycardia syndrome; tachycardia-induced cardiomyopathy",
        "Possible sinus tachycardia.",
        "Rule out bradycardia.",
        "Tachycardia cannot be excluded, bradycardia is unlikely.",
        "History of palpitations, tachycardia and syncope.",
        "The patient may develop bradycardia",
        "Is there tachycardia?",
        "Tachycardia or bradycardia",
        "Not a normal sinus rhythm.",
        "The atrial rate is normal. The atrial rate is rapid.",
        "Regular rate and rhythm. Normal PR interval, normal axis, low voltage, slow R wave progression.",
        "Normal heart rate variability",
        "Not without tachycardia",
        "Tachycardia and bradycardia are absent.",
        "The rate is regular. The rate is normal or slow.",
        "No ST elevation and sinus tachycardia",
    ];
    hold(&silent.map(|text| match text {
        // The last of the two is denied in its own words.
        "Tachycardia and bradycardia are absent." => (text, &["normal/tachycardia | bradycardia are absent"][..]),
        _ => (text, &[][..]),
    }));
}
