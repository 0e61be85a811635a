//! The small GEM that comes with gemwatch, put to simulated patients that it was not trained on.
//!
//! Its figures on many more are in its model card, `onnx/models/README.md`. Here a few windows show that package, page,
//! tokenizer and weights still belong together: a model that has come apart from them says what is not true. How long each
//! reading takes is printed, not judged.

use std::time::Instant;

use gemwatch::criteria::examine;
use gemwatch::dataset::simulated::window;
use gemwatch::gem::engine::Priority;
use gemwatch::gem::{Device, Package};
use gemwatch::grounding::{Statement, Tally, find_claims, ground};
use gemwatch::measure::measure;
use gemwatch::pipeline::{Interpreter, InterpreterSettings, Step};
use gemwatch::validate::diagnoses::{Diagnosis, said};
use simulators::portrait::Finding;

/// No data set that was trained on has this seed.
const SEED: u32 = 910_000;
const WINDOWS: u32 = 16;
/// The most that the package may take, in bytes.
const MOST_BYTES: u64 = 40_000_000;

#[test]
fn it_is_small_and_trained() {
    let directory = Package::shipped().unwrap();
    assert!(Package::open(&directory).unwrap().manifest().trained);
    let files = std::fs::read_dir(directory).unwrap();
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}

#[test]
fn it_says_what_is_true_of_patients_it_has_not_seen() {
    let settings = InterpreterSettings {
        package: None,
        runtime: None,
        max_new_tokens: None,
        threads: 2,
        device: Device::Cpu,
        kv_budget_mib: 0,
    };
    let interpreter = Interpreter::load(&settings).unwrap();
    let mut readings = Vec::new();
    let (mut off_bpm, mut sinus_right) = (Vec::new(), 0);
    for index in 0..WINDOWS {
        let window = window(SEED, index);
        let begun = Instant::now();
        let mut first_s = None;
        let mut hear = |step: Step<'_>| {
            if let Step::Text(_) = step {
                first_s.get_or_insert_with(|| begun.elapsed().as_secs_f64());
            }
        };
        let text = interpreter.read(&window.strip, Priority::default(), &|| false, &mut hear).text;
        let (all_s, truth) = (begun.elapsed().as_secs_f64(), window.truth.unwrap());
        println!("{} {:?}\n  {text}", window.id, truth.findings);
        println!("  first words after {:.2} s, all after {all_s:.2} s", first_s.unwrap_or(all_s));
        let stated = find_claims(&text).into_iter().find_map(|claim| match claim.statement {
            Statement::HeartRate(span) => Some(span.from),
            _ => None,
        });
        off_bpm.extend(stated.zip(truth.rate_bpm).map(|(stated, bpm)| (stated - bpm).abs()));
        let is_sinus = truth.findings.contains(&Finding::SinusRhythm);
        let sinus = [Diagnosis::SinusRhythm, Diagnosis::SinusBradycardia, Diagnosis::SinusTachycardia];
        sinus_right += u32::from(said(&text).iter().any(|diagnosis| sinus.contains(diagnosis)) == is_sinus);
        let measurements = measure(&window.strip);
        readings.push(ground(&text, &measurements, &examine(&window.strip, &measurements)).claims);
    }
    let tally = Tally::of(readings.iter().map(Vec::as_slice));
    off_bpm.sort_by(f64::total_cmp);
    println!("{tally}; rates off by {off_bpm:.1?} bpm; sinus rhythm or not right in {sinus_right} of {WINDOWS}");
    assert!(tally.claims >= 5 * tally.readings, "{tally}");
    assert!(tally.score.unwrap() >= 0.85, "{tally}");
    assert!(off_bpm.len() * 4 >= WINDOWS as usize * 3 && off_bpm[off_bpm.len() / 2] <= 3.0, "{off_bpm:?}");
    assert!(sinus_right * 8 >= WINDOWS * 7, "{sinus_right}");
}
