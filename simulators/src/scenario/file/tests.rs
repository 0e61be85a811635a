//! Scenario files: what each key comes to, and the place that every error names.

use std::error::Error;

use super::*;
use crate::rhythm::{Rhythm, Step};

const BED: &str = r#"
[[bed]]
stream_id = "a"
seed = 1
script = [{ rhythm = "sinus", rate_bpm = 70, for_s = 20 }, { rhythm = "asystole", for_s = 10 }]
"#;

/// The whole chain of causes in one line, as a program prints it.
fn error(text: &str) -> String {
    let error = Ward::from_toml(text).expect_err("not a scenario");
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain = format!("{chain}: {cause}");
        source = cause.source();
    }
    chain
}

#[test]
fn what_is_left_out_has_a_default() {
    let ward = Ward::from_toml(BED).unwrap();
    assert_eq!((ward.chunk_ms, ward.beds.len()), (100, 1));
    let bed = &ward.beds[0];
    assert_eq!((bed.patient.rate_hz, bed.leads.len(), bed.patient.noise), (500.0, 12, NoiseLevels::default()));
    assert_eq!(bed.patient.script.steps()[1], Step { rhythm: Rhythm::Asystole, seconds: 10.0 });
}

#[test]
fn every_error_says_where() {
    let with = |line: &str| error(&format!("{BED}{line}\n"));
    let unknown = with("hart_rate = 70");
    assert!(unknown.contains("line 6") && unknown.contains("hart_rate"), "{unknown}");
    assert!(error(&BED.replace("asystole", "asistole")).contains("asistole"));
    assert!(error(&BED.replace("rate_bpm = 70, ", "")).contains("script step 1: sinus needs rate_bpm"));
    assert!(error(&BED.replace("for_s = 10", "for_s = 10, rate_bpm = 1")).contains("asystole takes no rate_bpm"));
    assert!(error(&BED.replace("= 70", "= 700")).contains("bed 1 (\"a\"): script: rate_bpm of sinus is 700"));
    assert!(error(&BED.replace("\"a\"", "\"\\n\"")).contains("control characters"));
    assert!(with("rate_hz = 50").contains("patient: sampling rate is 50 Hz"));
    assert!(with("muscle_mv = nan").contains("noise level is NaN mV"));
    assert!(with("leads = ['II', 'V9']").contains("leads names the lead \"V9\""));
    assert!(with("leads = ['II', 'ii']").contains("names a lead twice"));
    assert!(with("silence = [{ from_s = 5, to_s = 5 }]").contains("silence: from 5 s to 5 s"));
    assert!(with("lead_off = [{ leads = [], from_s = 5, to_s = 6 }]").contains("lead_off is empty"));
    assert!(with("start_after_s = -1").contains("start_after_s is -1"));
    let hum = "disturbance = [{ kind = 'mains', electrode = 'N', level_mv = 0.1, from_s = 1, to_s = 2 }]";
    let st = "condition = [{ kind = 'st-elevation', territory = 'inferior', level_mv = 3, from_s = 20 }]";
    assert!(with(st).contains("patient: level_mv of st-elevation is 3; give 0.02 to 1"));
    assert!(with("condition = [{ kind = 'st-elevation', level_mv = 0.2 }]").contains("needs territory"));
    assert!(with("condition = [{ kind = 't-inversion', times = 2 }]").contains("takes no times"));
    assert!(with("condition = [{ kind = 't-inversion', from_s = 5, to_s = 4 }]").contains("to_s of t-inversion is 4"));
    assert!(with(hum).contains("the electrode \"N\""));
    assert!(error(&format!("{BED}{BED}")).contains("bed 2 (\"a\"): stream_id is also that of bed 1"));
    assert!(error("").contains("0 beds"));
    assert!(error(&format!("chunk_ms = 0\n{BED}")).contains("chunk_ms is 0"));
}

#[test]
fn a_bed_has_the_line_of_the_ward_unless_it_has_its_own() {
    let other = BED.replace("\"a\"", "\"b\"");
    let text = format!("line = {{ lost = 0.01 }}\n{BED}{other}line = {{ late = 0.1, late_s = 2 }}\n");
    let ward = Ward::from_toml(&text).unwrap();
    let faults = |bed: usize| (ward.beds[bed].line.lost, ward.beds[bed].line.late);
    assert_eq!((faults(0), faults(1)), ((0.01, 0.0), (0.0, 0.1)));
    assert!(error(&text.replace("0.01", "2")).contains("bed 1 (\"a\"): line: lost is 2; give 0 to 1"));
}

#[test]
fn an_endless_text_is_refused() {
    assert!(error(&"#".repeat(MAX_FILE_BYTES as usize + 1)).contains("more than 4194304 bytes"));
}

#[test]
fn the_shipped_scenarios_read() {
    let shipped = [("ward", 6), ("asystole", 1), ("icu", 8), ("rhythms", 40), ("conditions", 14), ("line", 4)];
    for (name, beds) in shipped {
        // Tests run in the folder of their package.
        let path = Path::new("scenarios").join(name).with_extension("toml");
        assert_eq!(Ward::from_file(&path).unwrap().beds.len(), beds);
    }
}

#[test]
fn every_rhythm_has_a_bed_of_its_name() {
    let ward = Ward::from_toml(include_str!("../../../scenarios/rhythms.toml")).unwrap();
    let usual = ward.beds.iter().filter(|bed| bed.patient.conduction == Conduction::Normal);
    let names: Vec<(&str, &str)> =
        usual.map(|bed| (bed.stream_id.as_str(), bed.patient.script.steps()[0].rhythm.name())).collect();
    assert!(names.len() == 34 && names.iter().all(|(stream_id, name)| stream_id == name), "{names:?}");
}

#[test]
fn a_missing_file_is_named() {
    let error = Ward::from_file(Path::new("no/such/ward.toml")).expect_err("no file").to_string();
    assert_eq!(error, "cannot read the scenario no/such/ward.toml");
}
