//! Rhythm and rate, P waves and conduction to the ventricles, beats that come early.

use simulators::portrait::Finding;

use super::super::facts::{Facts, PWaves};
use super::voice::{Voice, listed, whole};

/// Above this rate the ventricles answer fibrillating atria rapidly, below the second slowly.
const RAPID_BPM: f64 = 100.0;
const SLOW_BPM: f64 = 60.0;

/// The first sentence: rhythm and rate.
pub(super) fn opening(facts: &Facts, voice: &mut Voice) -> String {
    let Some(rate_bpm) = facts.rate_bpm else { return without_rate(facts, voice) };
    let has = |finding| facts.has(finding);
    let name = match facts.rhythm {
        Some(Finding::SinusRhythm) => sinus(facts, voice),
        Some(Finding::AtrialFibrillation) if rate_bpm > RAPID_BPM && voice.chooses(0.5) => {
            return voice.say(
                &[
                    "Atrial fibrillation with a rapid ventricular response of {rate} {bpm}.",
                    "Atrial fibrillation with rapid ventricular response, the mean rate being {rate} {bpm}.",
                    "The rhythm is atrial fibrillation with a rapid ventricular rate of {rate} {bpm}.",
                ],
                &[("rate", whole(rate_bpm))],
            );
        }
        Some(Finding::AtrialFibrillation) if rate_bpm < SLOW_BPM && voice.chooses(0.4) => {
            "atrial fibrillation with a slow ventricular response".to_owned()
        }
        Some(Finding::AtrialFibrillation) => "atrial fibrillation".to_owned(),
        Some(Finding::AtrialFlutter) => "atrial flutter".to_owned(),
        Some(Finding::SupraventricularTachycardia) => {
            voice.say(&["supraventricular tachycardia", "narrow complex supraventricular tachycardia"], &[])
        }
        Some(Finding::JunctionalRhythm) => voice.say(&["junctional rhythm", "a junctional rhythm"], &[]),
        Some(Finding::IdioventricularRhythm) if rate_bpm > 50.0 => "accelerated idioventricular rhythm".to_owned(),
        Some(Finding::IdioventricularRhythm) => {
            voice.say(&["idioventricular rhythm", "a ventricular escape rhythm"], &[])
        }
        Some(Finding::VentricularTachycardia) => {
            voice.say(&["ventricular tachycardia", "monomorphic ventricular tachycardia"], &[])
        }
        Some(Finding::PolymorphicVentricularTachycardia) => "polymorphic ventricular tachycardia".to_owned(),
        Some(Finding::AtrialPacing) => voice.say(&["atrial paced rhythm", "an atrially paced rhythm"], &[]),
        Some(Finding::DualChamberPacing) => {
            voice.say(&["dual-chamber paced rhythm", "AV sequential paced rhythm"], &[])
        }
        Some(Finding::VentricularPacing) => voice.say(&["ventricular paced rhythm", "a ventricular paced rhythm"], &[]),
        _ if has(Finding::SinusBradycardia) => "sinus bradycardia".to_owned(),
        _ => "a rhythm that cannot be named with certainty".to_owned(),
    };
    let values = [("rhythm", name.clone()), ("Rhythm", capital(&name)), ("rate", whole(rate_bpm))];
    let regular = match facts.is_regular {
        Some(true) => "regular",
        Some(false) => "irregular",
        None => "",
    };
    if !regular.is_empty() && voice.chooses(0.35) {
        let values = [&values[..], &[("regular", regular.to_owned())]].concat();
        return voice.say(
            &[
                "{Rhythm} at {rate} {bpm}, {regular}.",
                "{Rhythm} with {regular} RR intervals at a ventricular rate of {rate} {bpm}.",
                "The rhythm is {rhythm}, {regular}, at {rate} {bpm}.",
            ],
            &values,
        );
    }
    voice.say(
        &[
            "{Rhythm} at {rate} {bpm}.",
            "{Rhythm} with a ventricular rate of {rate} {bpm}.",
            "The rhythm is {rhythm} at {rate} {bpm}.",
            "The ECG shows {rhythm} at a rate of {rate} {bpm}.",
            "This ECG demonstrates {rhythm} with a heart rate of {rate} {bpm}.",
            "{Rhythm}, heart rate {rate} {bpm}.",
            "The heart rate is {rate} {bpm} and the rhythm is {rhythm}.",
        ],
        &values,
    )
}

/// The name of a sinus rhythm with what the atrioventricular node makes of it.
fn sinus(facts: &Facts, voice: &mut Voice) -> String {
    let has = |finding| facts.has(finding);
    if has(Finding::CompleteAvBlock) {
        return voice.say(
            &[
                "sinus rhythm with complete AV block",
                "third-degree AV block with sinus P waves",
                "complete heart block",
            ],
            &[],
        );
    }
    if has(Finding::SecondDegreeAvBlockMobitzI) {
        return voice.say(
            &["sinus rhythm with second-degree AV block, Mobitz type I", "sinus rhythm with Wenckebach AV block"],
            &[],
        );
    }
    if has(Finding::SecondDegreeAvBlockMobitzIi) {
        return voice.say(
            &["sinus rhythm with second-degree AV block, Mobitz type II", "sinus rhythm with Mobitz II AV block"],
            &[],
        );
    }
    if has(Finding::SinusBradycardia) {
        return "sinus bradycardia".to_owned();
    }
    if has(Finding::SinusTachycardia) {
        return "sinus tachycardia".to_owned();
    }
    if has(Finding::SinusArrhythmia) {
        return "sinus arrhythmia".to_owned();
    }
    if has(Finding::VentricularBigeminy) && voice.chooses(0.6) {
        return "sinus rhythm with ventricular bigeminy".to_owned();
    }
    if facts.is_normal() {
        return voice.say(&["normal sinus rhythm", "sinus rhythm"], &[]);
    }
    "sinus rhythm".to_owned()
}

fn without_rate(facts: &Facts, voice: &mut Voice) -> String {
    match facts.rhythm {
        Some(Finding::VentricularFibrillation) => voice.say(
            &[
                "Ventricular fibrillation: the baseline is chaotic and there is no QRS complex from which a rate could be \
                 counted.",
                "The rhythm is ventricular fibrillation, without organised QRS complexes and without a countable rate.",
                "Ventricular fibrillation with irregular waves of changing shape; no ventricular rate can be given.",
            ],
            &[],
        ),
        Some(Finding::Asystole) => voice.say(
            &[
                "Asystole: there are no QRS complexes and no ventricular rate.",
                "The ECG shows asystole, without a single QRS complex.",
                "Asystole. No ventricular activity is seen over ten seconds.",
            ],
            &[],
        ),
        Some(rhythm) => {
            let name = rhythm.name().replace('-', " ");
            voice.say(&["{rhythm}; the rate cannot be measured."], &[("rhythm", capital(&name))])
        }
        None => "Neither rhythm nor rate can be made out with certainty.".to_owned(),
    }
}

/// P waves and how they are conducted.
pub(super) fn conduction(facts: &Facts, voice: &mut Voice) -> Option<String> {
    let pr = facts.pr_ms.map(|ms| ("pr", whole(ms)));
    let said = match (facts.p, pr) {
        (Some(PWaves::Conducted), Some(pr)) if facts.has(Finding::WolffParkinsonWhite) => voice.say(
            &[
                "The PR interval is short at {pr} ms, with a delta wave at the onset of the QRS complex.",
                "A short PR interval of {pr} ms is followed by a slurred upstroke, a delta wave.",
            ],
            &[pr],
        ),
        (Some(PWaves::Conducted), Some(pr)) if facts.has(Finding::FirstDegreeAvBlock) => voice.say(
            &[
                "Each QRS complex is preceded by a P wave with a prolonged PR interval of {pr} ms (first-degree AV block).",
                "The PR interval is prolonged at {pr} ms, consistent with first-degree AV block.",
                "First-degree AV block is present: the PR interval is {pr} ms.",
                "P waves precede the QRS complexes; PR is prolonged to {pr} ms.",
            ],
            &[pr],
        ),
        (Some(PWaves::Conducted), Some(pr)) => voice.say(
            &[
                "A P wave precedes each QRS complex, with a PR interval of {pr} ms.",
                "P waves are present before the QRS complexes and the PR interval is {pr} ms.",
                "The PR interval is {pr} ms.",
                "P waves are followed by QRS complexes at a PR interval of {pr} ms.",
                "PR interval {pr} ms.",
            ],
            &[pr],
        ),
        (Some(PWaves::Conducted), None) => {
            voice.say(&["A P wave precedes each QRS complex.", "P waves are present before the QRS complexes."], &[])
        }
        (Some(PWaves::Fibrillatory), _) => voice.say(
            &[
                "P waves are absent and the RR intervals are irregularly irregular.",
                "There are no P waves, and the RR intervals vary without order.",
                "No P waves are seen; the ventricular response is irregularly irregular.",
            ],
            &[],
        ),
        (Some(PWaves::Flutter), _) => voice.say(
            &[
                "Saw-tooth flutter waves take the place of P waves.",
                "Instead of P waves there are flutter waves, best seen in the inferior leads.",
            ],
            &[],
        ),
        (Some(PWaves::Absent), _) => voice.say(
            &["No P waves precede the QRS complexes.", "P waves are absent.", "There are no P waves before the QRS complexes."],
            &[],
        ),
        (Some(PWaves::Dissociated), _) => voice.say(
            &[
                "P waves and QRS complexes are dissociated, each at a rate of its own.",
                "The P waves bear no relation to the QRS complexes.",
            ],
            &[],
        ),
        (Some(PWaves::Dropped), _) if facts.has(Finding::SecondDegreeAvBlockMobitzI) => voice.say(
            &[
                "The PR interval grows from beat to beat until a P wave is not conducted.",
                "Progressive PR prolongation ends with a dropped QRS complex.",
            ],
            &[],
        ),
        (Some(PWaves::Dropped), _) => voice.say(
            &[
                "Some P waves are not followed by a QRS complex, without PR prolongation before.",
                "P waves are intermittently not conducted.",
            ],
            &[],
        ),
        (None, _) => return None,
    };
    Some(said)
}

/// Beats that come early, pauses.
pub(super) fn ectopy(facts: &Facts, voice: &mut Voice) -> Vec<String> {
    let mut said = Vec::new();
    let times = |seconds: &[f64]| listed(&seconds.iter().map(|s| format!("{s:.1}")).collect::<Vec<_>>());
    let count = |n: usize| {
        ["no", "one", "two", "three", "four", "five", "six"]
            .get(n)
            .map_or_else(|| n.to_string(), |word| (*word).to_owned())
    };
    let ventricular = &facts.ventricular_s;
    if facts.has(Finding::PrematureVentricularComplexes) && !ventricular.is_empty() {
        let values =
            [("n", count(ventricular.len())), ("N", capital(&count(ventricular.len()))), ("times", times(ventricular))];
        said.push(if facts.has(Finding::VentricularBigeminy) {
            voice.say(
                &[
                    "Every second beat is a premature ventricular complex (bigeminy).",
                    "Premature ventricular complexes alternate with sinus beats, a ventricular bigeminy.",
                ],
                &[],
            )
        } else if facts.has(Finding::VentricularTrigeminy) {
            voice.say(
                &[
                    "Every third beat is a premature ventricular complex (trigeminy).",
                    "Two sinus beats are followed by a premature ventricular complex each time, a ventricular trigeminy.",
                ],
                &[],
            )
        } else if facts.has(Finding::VentricularRun) {
            voice.say(
                &[
                    "Premature ventricular complexes occur in a row, {n} in all, wide and without P waves.",
                    "{N} wide premature ventricular complexes are seen, some of them in succession.",
                ],
                &values,
            )
        } else if ventricular.len() == 1 {
            voice.say(
                &[
                    "A single premature ventricular complex occurs at {times} s, wide and without a preceding P wave.",
                    "One premature ventricular complex is seen at {times} s.",
                    "There is an isolated PVC at {times} s.",
                ],
                &values,
            )
        } else if ventricular.len() <= 4 && voice.chooses(0.6) {
            voice.say(
                &[
                    "Premature ventricular complexes occur at {times} s, wide and without preceding P waves.",
                    "There are {n} PVCs, at {times} s.",
                ],
                &values,
            )
        } else {
            voice.say(
                &[
                    "There are {n} premature ventricular complexes, wide and without preceding P waves.",
                    "{N} premature ventricular complexes (PVCs) interrupt the rhythm.",
                ],
                &values,
            )
        });
    }
    if facts.has(Finding::PrematureAtrialComplexes) {
        said.push(voice.say(
            &[
                "Premature atrial complexes with a narrow QRS complex are present.",
                "Premature atrial complexes interrupt the sinus rhythm.",
                "There are premature atrial beats (PACs) with early, differently shaped P waves.",
            ],
            &[],
        ));
    }
    if let Some(longest_ms) = facts.longest_rr_ms.filter(|_| facts.has(Finding::SinusPause)) {
        said.push(voice.say(
            &["A sinus pause of {s} s is seen.", "The longest RR interval is a pause of {s} s."],
            &[("s", format!("{:.1}", longest_ms / 1000.0))],
        ));
    }
    said
}

/// With a capital letter and without an article.
fn capital(text: &str) -> String {
    let text = text.strip_prefix("a ").or(text.strip_prefix("an ")).unwrap_or(text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
