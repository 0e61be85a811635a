//! A whole reading, and what holds for any text.

use proptest::prelude::*;
use simulators::patient::PatientSettings;
use simulators::rhythm::{Rhythm as SimulatedRhythm, Script};

use super::*;
use crate::criteria::{examine, tests::strip};
use crate::measure::measure;

/// Ten seconds of a simulated patient, measured and examined.
struct Window {
    measurements: Measurements,
    examination: Examination,
}

impl Window {
    fn of(settings: PatientSettings) -> Window {
        let strip = strip(settings);
        let measurements = measure(&strip);
        Window { examination: examine(&strip, &measurements), measurements }
    }

    fn sinus(rate_bpm: f64) -> Window {
        let script = Script::only(SimulatedRhythm::RegularSinus { rate_bpm }).expect("the rate is in range");
        Window::of(PatientSettings::new(7, script))
    }

    fn ground(&self, text: &str) -> Grounded {
        ground(text, &self.measurements, &self.examination)
    }

    fn verdicts(&self, text: &str) -> Vec<Verdict> {
        self.ground(text).claims.iter().map(|claim| claim.verdict).collect()
    }
}

#[test]
fn a_whole_reading() {
    let text = "The 12-lead ECG of this 64-year-old patient shows a regular rhythm with a ventricular rate of \
        approximately 76 beats per minute, which is within the normal range of 60–100 bpm. Upright P waves precede each \
        QRS complex in leads I, II and aVF, consistent with normal sinus rhythm. The PR interval is 258 ms, the QRS \
        duration 94 ms and the axis normal. There is no evidence of bradycardia or tachycardia, and no ventricular \
        tachycardia is seen. R waves progress from V1 to V6 at 25 mm/s and 10 mm/mV. ST elevation is present in V2-V4, \
        suggestive of an anterior infarction. Compared with a previous recording, the heart rate of 52 bpm has risen. \
        **Impression:** possible left bundle branch block, HR 120.";
    let grounded = Window::sinus(75.0).ground(text);
    assert!(grounded.is_contradicted());
    insta::assert_json_snapshot!("whole_reading", {
        serde_json::json!({
            "claims": grounded.claims, "score": grounded.score, "unsupported_rate": grounded.unsupported_rate,
        })
    });
}

#[test]
fn the_score_counts_what_could_be_checked_and_the_rate_all_claims() {
    let window = Window::sinus(75.0);
    let of = |text: &str| {
        let grounded = window.ground(text);
        (grounded.score, grounded.unsupported_rate)
    };
    assert_eq!(of("Clinical correlation is recommended."), (None, None));
    assert_eq!(of("HR 75."), (Some(1.0), Some(0.0)));
    assert_eq!(of("HR 150, sinus tachycardia."), (Some(0.0), Some(1.0)));
    // Flutter waves are not looked for; a posterior infarction has no leads here.
    let (score, rate) = of("HR 75. HR 150. Torsades de pointes was not seen.");
    assert_eq!((score, rate), (Some(2.0 / 3.0), Some(1.0 / 3.0)));
}

#[test]
fn near_a_border_both_sides_are_supported() {
    use Verdict::{Contradicted, Supported};
    for (bpm, bradycardia, normal, tachycardia) in [
        (55.0, Supported, Contradicted, Contradicted),
        (60.0, Supported, Supported, Contradicted),
        (70.0, Contradicted, Supported, Contradicted),
        (100.0, Contradicted, Supported, Supported),
        (110.0, Contradicted, Contradicted, Supported),
    ] {
        let window = Window::sinus(bpm);
        for (text, expected) in [("bradycardia", bradycardia), ("normal rate", normal), ("tachycardia", tachycardia)] {
            assert_eq!(window.verdicts(text), [expected], "{text} at {bpm} bpm");
        }
    }
}

#[test]
fn a_rate_may_be_off_by_five_bpm_or_a_tenth() {
    use Verdict::{Contradicted, Supported};
    let window = Window::sinus(120.0);
    for (text, expected) in [
        ("heart rate 130 bpm", Supported),
        ("heart rate 110 bpm", Supported),
        ("heart rate 134 bpm", Contradicted),
        ("heart rate approximately 134 bpm", Contradicted),
        ("rate between 100 and 112 bpm", Supported),
        ("rate between 90 and 100 bpm", Contradicted),
    ] {
        assert_eq!(window.verdicts(text), [expected], "{text}");
    }
}

#[test]
fn hedged_claims_are_checked_and_marked() {
    let grounded = Window::sinus(75.0).ground("Possible atrial fibrillation.");
    let claim = &grounded.claims[0];
    assert!(claim.hedged && claim.verdict == Verdict::Contradicted, "{claim:?}");
    assert!(!claim.criteria.is_empty());
}

/// Texts of words that mean something to the finder, in any order.
fn worded() -> impl Strategy<Value = String> {
    let words: Vec<&str> =
        "heart|ventricular|atrial|sinus|normal|slow|fast|rate|rates|rhythm|HR|pulse|bradycardia|tachycardia|\
        bradycardic|NSR|72|150|60|130.5|bpm|beats|per|minute|/|min|of|is|are|at|between|and|from|to|about|the|a|\
        range|within|limits|no|not|without|neither|nor|or|evidence|absent|isn't|present|possible|rule|out|\
        history|may|be|but|with|,|, or|.|;|:|?|\n|(|)|-|–|=|~|>|above|P|wave|waves|flutter|ms|mm/s|response|\
        rapid|ST|elevation|depression|previous|prior|heart rate of|no evidence of|sinus tachycardia|in V2-V4|II|III|aVF|\
        leads|V1|all leads|the inferior leads|T|inverted|upright|Q|R|S|mV|mm|QRS|QTc|interval|prolonged|wide|axis|degrees|\
        -45|0.16|s|left|bundle branch block|first|degree|AV block|ventricular tachycardia|is not present|cannot|excluded|\
        seen|**|increased|PR|normal ECG|infarction|inferior|sum of|in|remaining|except|2:1|1st|up to|less than"
            .split('|')
            .collect();
    proptest::collection::vec(proptest::sample::select(words), 0..30).prop_map(|words| words.join(" "))
}

fn check_places(text: &str) -> Result<(), TestCaseError> {
    let mut end = 0;
    for claim in find_claims(text) {
        prop_assert!(end <= claim.from && claim.from < claim.to && claim.to <= text.len());
        prop_assert!(text.get(claim.from..claim.to).is_some());
        end = claim.to;
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_and_every_claim_is_in_it(text in any::<String>(), worded in worded(), at in any::<prop::sample::Index>()) {
        check_places(&text)?;
        check_places(&worded)?;
        let places: Vec<usize> = worded.char_indices().map(|(at, _)| at).chain([worded.len()]).collect();
        let at = places[at.index(places.len())];
        check_places(&format!("{}{text}{}", &worded[..at], &worded[at..]))?;
    }

    #[test]
    fn a_sentence_changes_no_claim_of_another(before in worded(), after in worded()) {
        let sentences = ["The heart rate is 150 bpm.", "There is ST elevation in V2.", "No ventricular tachycardia is seen."];
        for sentence in sentences {
            let alone = find_claims(sentence);
            let text = format!("{before}.\n{sentence}\n{after}");
            let from = before.len() + 2;
            let found: Vec<FoundClaim> = find_claims(&text)
                .into_iter()
                .filter(|claim| claim.from >= from && claim.to <= from + sentence.len())
                .map(|claim| FoundClaim { from: claim.from - from, to: claim.to - from, ..claim })
                .collect();
            prop_assert_eq!(&found, &alone, "{:?}", &text);
        }
    }
}

#[test]
fn a_very_long_text_is_read_in_one_go() {
    let text = "No tachycardia or bradycardia, HR 72 bpm. ".repeat(10_000);
    assert_eq!(find_claims(&text).len(), 30_000);
}
