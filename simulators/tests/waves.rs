//! Begin, peak and end of every wave beside a record, against the truth of the beats.

use std::{path::Path, time::Duration};

use simulators::{
    lead::Lead,
    patient::{Patient, WaveKind},
    record::{annotate_waves, record},
    scenario::{Bed, Ward},
};

const WARD: &str = r#"
[[bed]]
stream_id = "bed-1"
seed = 12
rate_hz = 500
leads = ["II", "V2"]
start_after_s = 0.5
script = [{ rhythm = "sinus-with-pvcs", rate_bpm = 70, pvcs_per_min = 10, for_s = 30 }]
lead_off = [{ leads = ["V2"], from_s = 10, to_s = 15 }]
silence = [{ from_s = 20, to_s = 22 }]
"#;
const SECONDS: f64 = 30.0;

fn bed() -> Bed {
    Ward::from_toml(WARD).unwrap().beds.remove(0)
}

#[test]
fn waves_of_a_lead_lie_within_those_of_the_dipole() {
    let bed = bed();
    let patient = Patient::new(bed.patient.clone()).unwrap();
    let beats = patient.clone().truth_until(SECONDS).beats;
    let marks = patient.marks_until(SECONDS);
    for lead in [Lead::II, Lead::V2, Lead::V5] {
        let marks = &marks[lead as usize];
        assert!(marks.windows(2).all(|pair| pair[0].end_s <= pair[1].onset_s && pair[0].peak_s < pair[1].peak_s));
        assert!(marks.iter().all(|mark| mark.onset_s <= mark.peak_s && mark.peak_s <= mark.end_s));
        for beat in &beats[..beats.len() - 1] {
            let complex = marks
                .iter()
                .find(|mark| mark.kind == WaveKind::Qrs(beat.class) && (mark.peak_s - beat.r_s).abs() < 0.08)
                .unwrap_or_else(|| panic!("{lead} at {} s", beat.r_s));
            // A lead's vector is up to 1.6 long, so that it shows a little more than the dipole itself.
            assert!(complex.onset_s > beat.qrs_onset_s - 0.012 && complex.end_s < beat.qrs_end_s + 0.012);
            let t = marks.iter().find(|mark| mark.kind == WaveKind::T && mark.peak_s > beat.r_s).unwrap();
            assert!((t.end_s - beat.t_end_s).abs() < 0.05, "{lead}: T ends at {} s, {} s", t.end_s, beat.t_end_s);
        }
    }
}

/// Codes and samples of an annotation file that needs no long distances.
fn annotations(path: &Path) -> Vec<(u8, u64)> {
    let bytes = std::fs::read(path).unwrap();
    let (mut at, mut all, mut words) = (0_u64, Vec::new(), bytes.chunks_exact(2));
    while let Some(word) = words.next() {
        let word = u16::from_le_bytes([word[0], word[1]]);
        match (word >> 10, u64::from(word & 1023)) {
            (0, 0) => break,
            (59, _) => {
                let mut half = || words.next().map(|word| u64::from(u16::from_le_bytes([word[0], word[1]]))).unwrap();
                at += (half() << 16) + half();
            }
            (code, distance) => {
                at += distance;
                all.push((code as u8, at));
            }
        }
    }
    all
}

#[test]
fn each_recorded_lead_has_its_annotator_and_nothing_that_it_did_not_record() {
    let ward = Ward { chunk_ms: 100, beds: vec![bed()] };
    let folder = tempfile::tempdir().unwrap();
    let duration = Duration::from_secs_f64(SECONDS);
    let recorded = record(&ward, duration, folder.path()).unwrap().remove(0);
    annotate_waves(&ward.beds[0], duration, &recorded.path).unwrap();
    assert!(!folder.path().join("bed-1.i").exists());
    let (ii, v2) = (annotations(&folder.path().join("bed-1.ii")), annotations(&folder.path().join("bed-1.v2")));
    for all in [&ii, &v2] {
        // Onset 39, a peak, end 40, again and again.
        assert!(all.len() > 60 && all.len() % 3 == 0);
        for wave in all.chunks(3) {
            assert!(wave[0].0 == 39 && [1, 5, 24, 27].contains(&wave[1].0) && wave[2].0 == 40, "{wave:?}");
            assert!(wave[0].1 <= wave[1].1 && wave[1].1 <= wave[2].1, "{wave:?}");
        }
    }
    let within = |all: &[(u8, u64)], from_s: f64, to_s: f64| {
        // The monitor is switched on half a second after the ward.
        let sample = |s: f64| ((s + 0.5) * 500.0) as u64;
        all.iter().filter(|(_, at)| (sample(from_s)..sample(to_s)).contains(at)).count()
    };
    assert_eq!((within(&v2, 10.0, 15.0), within(&v2, 20.0, 22.0), within(&ii, 20.0, 22.0)), (0, 0, 0));
    assert!(within(&ii, 10.0, 15.0) > 30);
}
