//! Whatever passes [`Chunk::check`], a bed neither panics nor says a number that is none.

use proptest::prelude::*;

use super::*;
use crate::ecg::{ChunkLead, INVALID_SAMPLE, StreamId};
use crate::signal::resample::Resample;
use crate::wire::Vitals;

fn lead() -> impl Strategy<Value = Lead> {
    prop::sample::select(vec![Lead::I, Lead::II, Lead::III, Lead::V1])
}

/// Any positive gain, any offset; samples that repeat a few values, extreme ones among them.
fn chunk_lead(length: usize) -> impl Strategy<Value = ChunkLead> {
    let value = prop_oneof![
        any::<i32>(),
        -2000..2000_i32,
        prop::sample::select(vec![INVALID_SAMPLE, i32::MIN + 1, i32::MAX, 0]),
    ];
    let gain_uv =
        prop_oneof![Just(1.0), Just(5.0), 1e-3..1e3_f64, prop::num::f64::POSITIVE | prop::num::f64::SUBNORMAL];
    (
        lead(),
        gain_uv,
        prop_oneof![Just(0), any::<i32>()],
        prop::bool::weighted(0.1),
        prop::collection::vec(value, 1..40),
    )
        .prop_map(move |(lead, gain_uv, offset, off, values)| ChunkLead {
            lead,
            gain_uv,
            offset,
            off,
            samples: values.into_iter().cycle().take(length).collect(),
        })
}

fn chunk() -> impl Strategy<Value = Chunk> {
    let rate_hz = prop_oneof![prop::sample::select(vec![50.0, 250.0, 360.0, 500.0, 4000.0]), 50.0..4000.0_f64];
    let start_ms =
        prop_oneof![0..20_000_i64, -5_000_000..5_000_000_i64, (i64::MIN / 3_000_000)..(i64::MAX / 1_100_000)];
    let sequence = prop_oneof![0..20_u64, any::<u64>()];
    (1_usize..700, rate_hz, start_ms, sequence).prop_flat_map(|(length, rate_hz, start_ms, sequence)| {
        prop::collection::vec(chunk_lead(length), 1..4).prop_map(move |leads| Chunk {
            stream_id: StreamId::new("bed-1").unwrap(),
            sequence,
            start: Time::from_nanos(start_ms * 1_000_000),
            rate_hz,
            leads,
            pacer_marks: vec![],
        })
    })
}

/// An honest stream of half seconds into which such chunks are mixed, so that a bed gets far enough to be hurt.
fn stream() -> impl Strategy<Value = Vec<Chunk>> {
    let honest = |index: usize, template: &Chunk| {
        let mut chunk = template.clone();
        chunk.sequence = index as u64;
        chunk.rate_hz = 250.0;
        chunk.start = Time::default().plus_samples(index as i64 * 125, 250.0);
        chunk.leads.truncate(1);
        chunk.leads[0].lead = Lead::II;
        let samples: Vec<i32> = chunk.leads[0].samples.iter().copied().cycle().take(125).collect();
        chunk.leads[0].samples = samples;
        chunk
    };
    prop::collection::vec((chunk(), prop::bool::weighted(0.3)), 1..50).prop_map(move |chunks| {
        let mixed = chunks.into_iter().enumerate();
        mixed.map(|(index, (chunk, as_it_is))| if as_it_is { chunk } else { honest(index, &chunk) }).collect()
    })
}

fn check_window(strip: &Strip) -> Result<(), TestCaseError> {
    prop_assert!(strip.leads.iter().flat_map(|lead| &lead.samples_mv).all(|value| !value.is_infinite()));
    Ok(())
}

fn check(outputs: &[BedOutput]) -> Result<(), TestCaseError> {
    for output in outputs {
        match output {
            BedOutput::Vitals(second) => {
                prop_assert!(second.heart_rate_bpm.is_none_or(|bpm| bpm.is_finite() && bpm > 0.0), "{second:?}");
                let vitals = Vitals::new(&StreamId::new("bed-1").unwrap(), second);
                prop_assert_eq!(vitals.leads.len(), second.leads.len());
            }
            BedOutput::Alarm { event, window } => {
                prop_assert!(event.onset <= event.raised_at && event.raised_at <= event.at, "{event:?}");
                window.iter().try_for_each(check_window)?;
            }
            BedOutput::Round(strip) => check_window(strip)?,
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_hurts_a_bed(chunks in stream(), silence_s in 0.0..30.0_f64) {
        let mut bed = Bed::new(BedSettings { round_s: 10.0, ..BedSettings::default() });
        for chunk in chunks.iter().filter(|chunk| chunk.check().is_ok()) {
            check(&bed.push(chunk))?;
        }
        let now = bed.timeline.end().unwrap_or_default() + Duration::from_secs_f64(silence_s);
        check(&bed.silent_until(now))?;
        check(&bed.close(now))?;
    }

    /// What is said to be valid is a number, whatever came.
    #[test]
    fn what_is_valid_is_a_number(chunks in prop::collection::vec(chunk(), 1..6)) {
        for chunk in chunks.iter().filter(|chunk| chunk.check().is_ok()) {
            let leads = chunk.leads.iter().map(|lead| lead.lead.clone()).collect();
            let block = Resample::new(leads, chunk.rate_hz).push(&chunk.rows_mv());
            prop_assert!(block.leads.iter().flat_map(|lead| &lead.samples_mv).all(|value| value.is_finite()));
        }
    }
}
