//! The engine with real sessions: what the reference wrote, token for token, whatever else is going on.
//!
//! The goldens and the package are those of `tests/parity.rs`.

#[allow(dead_code)] // each test program uses its part
#[path = "parity/goldens.rs"]
mod goldens;
#[allow(dead_code)]
#[path = "parity/npz.rs"]
mod npz;

use std::{cell::RefCell, path::Path};

use gemwatch::gem::{
    Device, Engine, EngineError, EngineOptions, Finish, Limits, Package, ReaderOptions,
    engine::{Pending, Prepared, Priority, Written},
    image::pixel_values,
    manifest::{ImageMode, ImageSpec},
    runtime,
};
use goldens::{cases, ecg, goldens, ids, package, package_of, picture};
use serde_json::Value;
use tempfile::TempDir;

/// What a case must give, and what it is made of.
struct Case {
    name: String,
    input: Prepared,
    /// The 48 tokens without an end of text.
    tokens: Vec<u32>,
    /// The same up to the end of the text.
    tokens_to_end: Vec<u32>,
    text: String,
    text_to_end: String,
}

fn options(slots: usize) -> EngineOptions {
    EngineOptions {
        reader: ReaderOptions { device: Device::Cpu, ..ReaderOptions::default() },
        most_slots: slots,
        encoder_batch: Some(3),
        max_waiting: 200,
        max_new_tokens: Some(48),
        ..EngineOptions::default()
    }
}

/// An engine on the package as it is, or as the directory has it.
fn engine(slots: usize, directory: Option<&TempDir>) -> Option<Engine> {
    let package = Package::open(directory.map_or(package()?, TempDir::path)).unwrap();
    let engine = Engine::start(package, runtime::load(None).unwrap(), options(slots)).unwrap();
    assert_eq!(engine.slots(), slots);
    Some(engine)
}

/// The cases whose page is one tile, as one merge serves them all.
fn one_tile(case: &Value) -> bool {
    case["image_aspect_ratio"] != "anyres"
}

/// The cases that are wanted.
fn prepared(engine: &Engine, wanted: impl Fn(&Value) -> bool) -> Option<Vec<Case>> {
    let goldens = goldens()?;
    let tokens = |value: &Value| ids(value).into_iter().map(|id| id as u32).collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut prepared = Vec::new();
    for case in cases(&goldens).into_iter().filter(wanted) {
        let mode = match case["image_aspect_ratio"].as_str().unwrap() {
            "ori" => ImageMode::Ori,
            "pad" => ImageMode::Pad,
            _ => ImageMode::Anyres,
        };
        let spec = ImageSpec { mode, ..engine.manifest().image.clone() };
        let stem = |key: &str| Path::new(case[key].as_str().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned();
        let page = picture(&goldens, &stem("image"));
        let input = Prepared {
            ecg: ecg(&goldens, &stem("ecg")),
            pixel_values: pixel_values(&page, &spec).unwrap(),
            page_size: page.dimensions(),
            prompt: engine.preparation().prompt_ids(case["question"].as_str().unwrap()).unwrap(),
            limits: Limits { max_new_tokens: 48, stop_at_end_of_text: false },
        };
        prepared.push(Case {
            name: text(&case["name"]),
            input,
            tokens: tokens(&case["tokens_no_eos"]),
            tokens_to_end: tokens(&case["tokens_eos"]),
            text: text(&case["text_no_eos"]),
            text_to_end: text(&case["text_eos"]),
        });
    }
    assert!(!prepared.is_empty(), "no such case");
    Some(prepared)
}

fn to_end(input: &Prepared) -> Prepared {
    Prepared { limits: Limits { stop_at_end_of_text: true, ..input.limits }, ..input.clone() }
}

/// Waits, and checks that the pieces are the text.
fn written(pending: Pending) -> Result<Written, EngineError> {
    let mut pieces = String::new();
    let written = pending.wait(&|| false, &mut |piece| pieces.push_str(piece))?;
    assert_eq!(pieces, written.text);
    Ok(written)
}

#[test]
fn every_case_is_written_token_for_token_alone_and_among_others_that_come_and_go() {
    let Some(goldens) = goldens() else { return };
    let mut right = 0;
    for slots in [1, 5] {
        let Some(engine) = engine(slots, None) else { return };
        let Some(cases) = prepared(&engine, one_tile) else { return };
        right += all_at_once(&engine, &cases);
    }
    // Pages of several tiles, one merge after the other.
    let mut merges = Vec::new();
    for case in cases(&goldens).into_iter().filter(|case| !one_tile(case)) {
        let merge = case["mm_patch_merge_type"].clone();
        if merges.contains(&merge) {
            continue;
        }
        let Some(directory) = package_of(&case) else { return };
        let Some(engine) = engine(4, Some(&directory)) else { return };
        let same = |case: &Value| !one_tile(case) && case["mm_patch_merge_type"] == merge;
        let Some(cases) = prepared(&engine, same) else { return };
        right += all_at_once(&engine, &cases);
        merges.push(merge);
    }
    println!("{right} texts, token for token");
}

/// Hands all cases in, with others that stay for a short time or that nobody waits for. Gives how many texts were right.
fn all_at_once(engine: &Engine, cases: &[Case]) -> usize {
    let slots = engine.slots();
    let submit = |input: Prepared, priority| engine.submit(input, priority, None).unwrap();
    let priorities = [Priority::Medium, Priority::Background, Priority::High, Priority::Low];
    let mut waiting = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let priority = priorities[number % priorities.len()];
        waiting.push((case, false, submit(case.input.clone(), priority)));
        waiting.push((case, true, submit(to_end(&case.input), Priority::Medium)));
        let short = Limits { max_new_tokens: 1 + number % 7, stop_at_end_of_text: false };
        let others = Prepared { limits: short, ..cases[(number + 3) % cases.len()].input.clone() };
        drop(submit(others.clone(), Priority::High));
        let pending = submit(others, Priority::Medium);
        if number % 2 == 0 {
            assert_eq!(written(pending).unwrap().tokens.len(), short.max_new_tokens);
        }
    }
    let texts = waiting.len();
    for (case, ends, pending) in waiting {
        let (tokens, text) = if ends { (&case.tokens_to_end, &case.text_to_end) } else { (&case.tokens, &case.text) };
        let written = written(pending).unwrap();
        assert_eq!(written.tokens, *tokens, "{}, {slots} slots", case.name);
        assert_eq!(written.text, *text, "{}, {slots} slots", case.name);
        let is_end = ends && tokens.last() == Some(&2);
        assert_eq!(written.finish, if is_end { Finish::EndOfText } else { Finish::Length }, "{}", case.name);
    }
    texts
}

#[test]
fn a_text_that_gives_way_goes_on_as_if_nothing_had_been() {
    let Some(engine) = engine(1, None) else { return };
    let Some(cases) = prepared(&engine, one_tile) else { return };
    let (first, urgent) = (&cases[0], &cases[1]);
    let between = RefCell::new(None);
    let pending = engine.submit(first.input.clone(), Priority::Medium, None).unwrap();
    // The first piece of the text says that it holds the only slot.
    let heard = pending.wait(&|| false, &mut |_| {
        let mut between = between.borrow_mut();
        if between.is_none() {
            let pending = engine.submit(urgent.input.clone(), Priority::High, None).unwrap();
            *between = Some(pending.wait(&|| false, &mut |_| {}).unwrap());
        }
    });
    assert_eq!(heard.unwrap().tokens, first.tokens);
    assert_eq!(between.into_inner().unwrap().tokens, urgent.tokens);
}

#[test]
fn numbers_that_are_none_hurt_nobody_else() {
    let Some(engine) = engine(3, None) else { return };
    let Some(cases) = prepared(&engine, one_tile) else { return };
    let mut broken = cases[0].input.clone();
    broken.ecg.values_mv.fill(f32::NAN);
    let mut waiting = Vec::new();
    for case in &cases {
        waiting.push((None, engine.submit(broken.clone(), Priority::Medium, None).unwrap()));
        waiting.push((Some(case), engine.submit(case.input.clone(), Priority::Medium, None).unwrap()));
    }
    for (case, pending) in waiting {
        match (case, written(pending)) {
            (Some(case), written) => assert_eq!(written.unwrap().tokens, case.tokens, "{}", case.name),
            (None, written) => assert!(matches!(written, Err(EngineError::NotANumber { token: 0 })), "{written:?}"),
        }
    }
}

#[test]
fn a_device_that_is_not_there_is_an_error_when_it_was_demanded() {
    let Some(package) = package() else { return };
    let reader = ReaderOptions { device: Device::Cuda(93), ..ReaderOptions::default() };
    let options = EngineOptions { reader, ..EngineOptions::default() };
    let started = Engine::start(Package::open(package).unwrap(), runtime::load(None).unwrap(), options);
    let error = started.err().expect("no machine has so many devices").to_string();
    assert!(error.contains("cuda:93") || error.contains("could not open"), "{error}");
}
