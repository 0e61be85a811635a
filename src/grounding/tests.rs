//! A whole reading, and what holds for any text.

use proptest::prelude::*;

use super::*;
use crate::ecg::{Lead, Strip, Time};
use crate::measure::Measured;

/// Measurements of two leads with this heart rate.
pub(super) fn measured(heart_rate_bpm: f64, confidence: f64) -> Measurements {
    let value = |value, unit| Measured {
        value: Some(value),
        unit,
        leads: vec![Lead::II, Lead::V5],
        from_s: 0.4,
        to_s: 9.6,
        beats: 12,
        confidence,
    };
    let rr_ms = 60_000.0 / heart_rate_bpm;
    Measurements {
        beats_s: Vec::new(),
        heart_rate: value(heart_rate_bpm, "bpm"),
        rr_mean: value(rr_ms, "ms"),
        rr_min: value(rr_ms - 10.0, "ms"),
        rr_max: value(rr_ms + 10.0, "ms"),
        rr_sd: value(5.0, "ms"),
        ..crate::measure::measure(&Strip { start: Time::default(), rate_hz: 500.0, leads: Vec::new() })
    }
}

#[test]
fn a_whole_reading() {
    let text = "The 12-lead ECG of this 64-year-old patient shows a regular rhythm with a ventricular rate of \
        approximately 76 beats per minute, which is within the normal range of 60–100 bpm. Upright P waves precede each \
        QRS complex in leads I, II and aVF, consistent with normal sinus rhythm. The PR interval is 158 ms, the QRS \
        duration 94 ms and the QTc 428 ms. There is no evidence of bradycardia or tachycardia, and no ventricular \
        tachycardia is seen. R waves progress from V1 to V6 at 25 mm/s and 10 mm/mV. Compared with a previous \
        recording, the heart rate of 52 bpm has risen. In the last seconds the heart rate is 120 bpm, suggesting sinus \
        tachycardia; a possible junctional bradycardia cannot be excluded. **Impression:** normal heart rate, HR 76.";
    insta::assert_json_snapshot!("whole_reading", {
        let grounded = ground(text, &measured(75.0, 1.0));
        serde_json::json!({ "claims": grounded.claims, "score": grounded.score })
    });
}

#[test]
fn the_score_is_the_share_of_the_supported() {
    let score = |text: &str| ground(text, &measured(75.0, 1.0)).score;
    assert_eq!(score("Normal axis."), None);
    assert_eq!(score("HR 75."), Some(1.0));
    assert_eq!(score("HR 150, sinus tachycardia."), Some(0.0));
    assert_eq!(score("HR 75, normal rate, sinus tachycardia, HR 150."), Some(0.5));
}

/// Texts of words that mean something to the finder, in any order.
fn worded() -> impl Strategy<Value = String> {
    let words: Vec<&str> =
        "heart|ventricular|atrial|sinus|normal|slow|fast|rate|rates|rhythm|HR|pulse|bradycardia|tachycardia|\
        bradycardic|NSR|72|150|60|130.5|bpm|beats|per|minute|/|min|of|is|are|at|between|and|from|to|about|the|a|\
        range|within|limits|no|not|without|neither|nor|or|evidence|absent|isn't|present|possible|rule|out|\
        history|may|be|but|with|,|, or|.|;|:|?|\n|(|)|-|–|=|~|>|above|P|wave|waves|flutter|ms|mm/s|response|\
        rapid|ST|elevation|previous|prior|heart rate of|HR 72|72 bpm|no evidence of|sinus tachycardia|\
        no tachycardia|or bradycardia|normal sinus rhythm|rate is|rate is not slow|between 60 and 150 bpm|\
        within the normal range of 60-150 bpm|at 72/min|ventricular tachycardia|is not present|cannot|excluded|\
        seen|**|increased|PR"
            .split('|')
            .collect();
    proptest::collection::vec(proptest::sample::select(words), 0..24).prop_map(|words| words.join(" "))
}

fn check_places(text: &str) -> Result<(), TestCaseError> {
    let mut end = 0;
    for claim in ground(text, &measured(75.0, 1.0)).claims {
        prop_assert!(end <= claim.from && claim.from < claim.to && claim.to <= text.len());
        prop_assert_eq!(text.get(claim.from..claim.to), Some(claim.text.as_str()));
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
    fn the_verdict_on_a_claim_hangs_on_its_own_words(text in worded(), bpm in 30.0_f64..200.0) {
        let measurements = measured(bpm, 1.0);
        for claim in ground(&text, &measurements).claims {
            let alone = ground(&claim.text, &measurements).claims;
            prop_assert_eq!(alone.len(), 1, "{:?} in {:?}", &claim.text, &text);
            let moved = Claim { from: 0, to: claim.text.len(), ..claim };
            prop_assert_eq!(&alone[0], &moved, "in {:?}", &text);
        }
    }

    #[test]
    fn other_words_never_make_a_contradicted_claim_supported(
        before in worded(),
        after in worded(),
        claim in prop::sample::select(vec![
            "heart rate of 150 bpm", "HR 150", "sinus tachycardia", "bradycardia", "the rate is slow",
            "no evidence of normal rate", "rate between 20 and 40 bpm",
        ]),
    ) {
        let measurements = measured(75.0, 1.0);
        let alone = &ground(claim, &measurements).claims[0];
        prop_assert_eq!(alone.verdict, Verdict::Contradicted);
        for found in ground(&format!("{before} {claim} {after}"), &measurements).claims {
            if found.text == alone.text {
                prop_assert_eq!(found.verdict, Verdict::Contradicted, "{} {} {}", before, claim, after);
            }
        }
    }
}
