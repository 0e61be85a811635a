//! Records as WFDB readers find them: samples, gaps, headers, annotations and the truth of a trial.

use super::*;
use crate::scenario::{TrialCode, trial};

fn ward(text: &str) -> Ward {
    Ward::from_toml(text).unwrap()
}

/// The samples of each lead.
fn samples(path: &Path, leads: usize) -> Vec<Vec<i16>> {
    let bytes = std::fs::read(path.with_extension("dat")).unwrap();
    let values: Vec<i16> = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    (0..leads).map(|lead| values.iter().copied().skip(lead).step_by(leads).collect()).collect()
}

#[test]
fn what_was_not_sent_is_no_sample_and_every_record_begins_with_the_ward() {
    let ward = ward(
        r#"
        [[bed]]
        stream_id = "west/bed 1"
        seed = 1
        rate_hz = 250
        leads = ["II", "V1"]
        start_after_s = 0.302
        script = [{ rhythm = "sinus", rate_bpm = 60, for_s = 10 }]
        lead_off = [{ leads = ["V1"], from_s = 1, to_s = 2 }, { leads = ["II", "V1"], from_s = 4, to_s = 6 }]
        silence = [{ from_s = 3, to_s = 3.5 }]
        "#,
    );
    let folder = tempfile::tempdir().unwrap();
    let recorded = record(&ward, Duration::from_secs(8), folder.path()).unwrap();
    let path = folder.path().join("west_bed_1");
    let expected = RecordedBed { stream_id: "west/bed 1".into(), path: path.clone(), samples: 2000, clipped: 0 };
    assert_eq!(recorded, [expected]);
    let leads = samples(&path, 2);
    // 0.302 s at 250 Hz is sample 75.5, which is rounded up.
    let missing = |lead: &[i16]| (0..2000).filter(|&sample| lead[sample] == i16::MIN).collect::<Vec<_>>();
    let both = [0..76, 826..951, 1076..1576];
    assert_eq!(missing(&leads[0]), both.clone().into_iter().flatten().collect::<Vec<_>>());
    let [start, silence, all_off] = both;
    assert_eq!(missing(&leads[1]), [start, 326..576, silence, all_off].into_iter().flatten().collect::<Vec<_>>());
    // Beats that no lead shows are not annotated: about 8 s less 2.8 s at one a second.
    let bytes = std::fs::read(path.with_extension("atr")).unwrap();
    let beats = bytes.chunks_exact(2).filter(|word| word[1] >> 2 == annotation::NORMAL).count();
    assert!((4..=6).contains(&beats), "{beats} beats");
}

#[test]
fn the_header_of_a_trial_says_what_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let header = |code| {
        let bed = trial(code, 1, 1, 0.0).remove(0);
        let recorded = record_trial(&bed, folder.path()).unwrap();
        assert_eq!(recorded.samples, (bed.seconds * bed.bed.patient.rate_hz).round() as u64);
        (bed, std::fs::read_to_string(recorded.path.with_extension("hea")).unwrap())
    };
    let (bed, text) = header(TrialCode::Vtac);
    let onset_s = bed.episode.unwrap().onset_s;
    assert!(text.contains(&format!("# alarm: VTAC\n# onset_s: {onset_s:.3}\n# end_s: ")), "{text}");
    assert!(text.contains("# also_true: VFIB XTACHY HRHI NSVT PVCM\n"), "{text}");
    assert!(header(TrialCode::Stable).1.contains("# alarm: none\n"));
    let (_, text) = header(TrialCode::Stdev);
    assert!(text.contains("# condition: st-") && text.contains(" level_mv 0."), "{text}");
}

#[test]
fn a_record_may_end_before_the_monitor_is_switched_on() {
    let mut ward = crate::scenario::ward(1, 1);
    ward.beds[0].start_after_s = 5.0;
    let folder = tempfile::tempdir().unwrap();
    record(&ward, Duration::from_secs(2), folder.path()).unwrap();
    let path = folder.path().join("bed-01");
    assert!(samples(&path, 12).iter().all(|lead| lead.len() == 1000 && lead.iter().all(|&s| s == i16::MIN)));
    assert_eq!(std::fs::read(path.with_extension("atr")).unwrap(), [0, 0]);
}

#[test]
fn two_streams_are_not_written_into_one_record() {
    let mut ward = crate::scenario::ward(2, 1);
    ward.beds[0].stream_id = "a/B".into();
    ward.beds[1].stream_id = "A_b".into();
    let folder = tempfile::tempdir().unwrap();
    let message = record(&ward, Duration::from_secs(1), folder.path()).unwrap_err().to_string();
    assert!(message.starts_with(r#"the streams "a/B" and "A_b" would both be the record "A_b""#), "{message}");
    let too_long = MAX_DURATION + Duration::from_secs(1);
    let message = record(&ward, too_long, folder.path()).unwrap_err().to_string();
    assert_eq!(message, "cannot record 86401 s; a record has at most 86400 s");
}

#[test]
fn the_error_names_the_file_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("bed-01.atr")).unwrap();
    let ward = crate::scenario::ward(1, 1);
    let message = record(&ward, Duration::from_secs(1), folder.path()).unwrap_err().to_string();
    assert!(message.ends_with("bed-01.atr"), "{message}");
}
