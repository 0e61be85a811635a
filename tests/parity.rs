//! Parity with the GEM reference implementation: the numbers it gave for a checkpoint of small random weights.
//!
//! The goldens lie where `GEMWATCH_PARITY` says. The model package of the checkpoint is the one that
//! `GEMWATCH_PARITY_PACKAGE` names, or is exported by `onnx/export.py` with the interpreter that `GEMWATCH_PYTHON` names.
//! What is missing is said on standard error; with `CI` set it is a failure.

#[path = "parity/goldens.rs"]
mod goldens;
#[path = "parity/npz.rs"]
mod npz;

use std::path::Path;

use gemwatch::{
    ecg::{STANDARD_LEADS, Strip, StripLead, Time},
    gem::{
        Finish, GemError, GemReader, Limits, Package, ReaderOptions, ReadingInput,
        image::{pixel_values, tiles},
        manifest::{ImageMerge, ImageMode, ImageSpec},
        prompt::{PromptIds, prompt_ids},
        runtime,
    },
    source::recordings::Record,
};
use goldens::{cases, changed_package, ecg, goldens, ids, package_of, picture, reader};
use image::RgbImage;
use ndarray::{Array2, ArrayD, Axis};
use npz::Npz;
use serde_json::Value;

const FEATURE_TOLERANCE: f32 = 1e-4;
const LOGIT_TOLERANCE: f32 = 1e-3;

/// The names of the archives in a folder of the goldens, without their ending, in the order of the alphabet.
fn archives(goldens: &Path, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(goldens.join("goldens").join(folder)).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().to_str()?.strip_suffix(".npz").map(str::to_owned)
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    assert!(!names.is_empty(), "no goldens in {folder}");
    names
}

/// Tokens of each case, and the steps whose logits are compared.
fn steps(case: &Value) -> (usize, [usize; 3]) {
    let written = ids(&case["tokens_no_eos"]).len();
    (written, [1, written / 2, written - 1])
}

/// The largest difference beyond what rounding the expected values to f16 explains, if they were.
fn largest_difference(found: &ArrayD<f32>, (expected, rounding): &(ArrayD<f32>, f32)) -> f32 {
    assert_eq!(found.shape(), expected.shape());
    let differences = found.iter().zip(expected).map(|(found, expected)| {
        let difference = (found - expected).abs() - expected.abs() * rounding;
        if difference.is_nan() { f32::INFINITY } else { difference }
    });
    differences.fold(0.0, f32::max)
}

/// Every picture and mode there is a golden of, with its archive.
fn pictures(goldens: &Path, spec: &ImageSpec) -> Vec<(String, ImageSpec, RgbImage, Npz)> {
    let all = archives(goldens, "image").into_iter().map(|name| {
        let (image, mode) = name.rsplit_once('_').unwrap();
        let mode = match mode {
            "ori" => ImageMode::Ori,
            "pad" => ImageMode::Pad,
            _ => ImageMode::Anyres,
        };
        let golden = Npz::open(&goldens.join(format!("goldens/image/{name}.npz")));
        let spec = ImageSpec { mode, merge: ImageMerge::Flat, ..spec.clone() };
        (name.clone(), spec, picture(goldens, image), golden)
    });
    all.collect()
}

#[test]
fn every_pixel_is_that_of_the_reference() {
    let Some(goldens) = goldens() else { return };
    let Some(reader) = reader() else { return };
    for (name, spec, picture, mut golden) in pictures(&goldens, &reader.manifest().image) {
        let (tiles, expected) = (tiles(&picture, &spec).unwrap(), golden.u8("pixel_u8"));
        assert_eq!(expected.shape(), [tiles.len(), 3, 336, 336], "{name}");
        let wrong = expected
            .indexed_iter()
            .filter(|(at, value)| tiles[at[0]].get_pixel(at[3] as u32, at[2] as u32).0[at[1]] != **value)
            .count();
        assert_eq!(wrong, 0, "{name}");
        let found = pixel_values(&picture, &spec).unwrap().into_dyn();
        let normalised =
            expected.indexed_iter().map(|(at, value)| (f32::from(*value) / 255.0 - spec.mean[at[1]]) / spec.std[at[1]]);
        assert!(found.iter().copied().eq(normalised), "{name}");
        if golden.names().iter().any(|key| key == "pixel_values") {
            assert_eq!(found, golden.f32("pixel_values"), "{name}");
        }
    }
}

#[test]
fn every_ecg_is_prepared_as_by_the_reference() {
    let Some(goldens) = goldens() else { return };
    for record in archives(&goldens, "ecg") {
        let expected = Npz::open(&goldens.join(format!("goldens/ecg/{record}.npz"))).f32("ecg");
        assert_eq!(ecg(&goldens, &record).values_mv.into_dyn(), expected, "{record}");
    }
}

#[test]
fn the_encoders_give_the_tokens_of_the_reference() {
    let Some(goldens) = goldens() else { return };
    let Some(mut reader) = reader() else { return };
    for record in archives(&goldens, "ecg") {
        let expected = Npz::open(&goldens.join(format!("goldens/ecg/{record}.npz"))).f32("ecg_tokens");
        let found = reader.ecg_tokens(&ecg(&goldens, &record)).unwrap();
        let difference = largest_difference(&found.into_dyn(), &(expected, 0.0));
        eprintln!("{record}: ecg_tokens differ by {difference:e}");
        assert!(difference <= FEATURE_TOLERANCE, "{record}: {difference}");
    }
    let spec = reader.manifest().image.clone();
    for (name, spec, picture, mut golden) in pictures(&goldens, &spec) {
        let found = reader.tile_tokens(pixel_values(&picture, &spec).unwrap()).unwrap();
        let difference = largest_difference(&found.into_dyn(), &golden.f32_or_f16("image_tokens"));
        eprintln!("{name}: image_tokens differ by {difference:e}");
        assert!(difference <= FEATURE_TOLERANCE, "{name}: {difference}");
    }
}

#[test]
fn the_tokenizer_agrees_on_every_string() {
    let Some(goldens) = goldens() else { return };
    let Some(reader) = reader() else { return };
    let path = goldens.join("goldens/tokenizer/tokenizer_parity.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let tokenizer = reader.tokenizer();
    let encode = golden["encode"].as_array().unwrap();
    assert_eq!(encode.len(), 200);
    for case in encode {
        let text = case["text"].as_str().unwrap();
        let found = tokenizer.encode(text).unwrap();
        assert_eq!(found.iter().map(|id| i64::from(*id)).collect::<Vec<_>>(), ids(&case["ids"]), "{text:?}");
        assert_eq!(tokenizer.decode(&found), case["decoded"].as_str().unwrap(), "{text:?}");
    }
    for case in golden["decode"].as_array().unwrap() {
        let tokens: Vec<u32> = ids(&case["ids"]).into_iter().map(|id| id as u32).collect();
        assert_eq!(tokenizer.decode(&tokens), case["text"].as_str().unwrap(), "{tokens:?}");
    }
    for case in golden["image_prompt"].as_array().unwrap() {
        let (prompt, expected) = (case["prompt"].as_str().unwrap(), ids(&case["ids"]));
        let found = prompt_ids(&reader.manifest().prompt, prompt, tokenizer);
        if prompt.matches("<image>").count() == 1 {
            assert_eq!(with_placeholder(&found.unwrap()), expected, "{prompt:?}");
        } else {
            // The reference cannot read these either; here they are refused.
            assert!(found.is_err(), "{prompt:?}");
        }
    }
}

/// The ids as the reference writes them, with -200 for ECG and picture.
fn with_placeholder(prompt: &PromptIds) -> Vec<i64> {
    let wide = |ids: &[u32]| ids.iter().map(|id| i64::from(*id)).collect::<Vec<_>>();
    [wide(&prompt.before), vec![-200], wide(&prompt.after)].concat()
}

/// A reader whose package says what the case was run with.
fn reader_of(case: &Value) -> Option<GemReader> {
    let directory = package_of(case)?;
    let package = Package::open(directory.path()).unwrap();
    Some(GemReader::new(&package, &runtime::load(None).unwrap(), ReaderOptions::default()).unwrap())
}

fn compare(what: &str, found: &ArrayD<f32>, expected: &(ArrayD<f32>, f32), tolerance: f32) {
    let difference = largest_difference(found, expected);
    eprintln!("{what} differ by {difference:e}");
    assert!(difference <= tolerance, "{what}: {difference}");
}

#[test]
fn every_case_is_written_token_for_token() {
    let Some(goldens) = goldens() else { return };
    // Cases of the same mode stand together and share a reader.
    let mut opened: Option<((Value, Value), GemReader)> = None;
    for case in cases(&goldens) {
        let name = case["name"].as_str().unwrap();
        let (max_new_tokens, steps) = steps(&case);
        let mode = (case["image_aspect_ratio"].clone(), case["mm_patch_merge_type"].clone());
        let (_, reader) = match opened.take() {
            Some(same) if same.0 == mode => opened.insert(same),
            _ => {
                let Some(reader) = reader_of(&case) else { return };
                opened.insert((mode, reader))
            }
        };
        let vocab = reader.manifest().decoder.vocab;
        let prompt = reader.prompt_ids(case["question"].as_str().unwrap()).unwrap();
        assert_eq!(with_placeholder(&prompt), ids(&case["input_ids"]), "{name}");

        let file_stem =
            |key: &str| Path::new(case[key].as_str().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned();
        let ecg_tokens = reader.ecg_tokens(&ecg(&goldens, &file_stem("ecg"))).unwrap();
        let image_tokens = reader.image_tokens(&picture(&goldens, &file_stem("image"))).unwrap();
        assert_eq!(image_tokens.nrows() as u64, case["n_image_tokens"].as_u64().unwrap(), "{name}");
        let embeddings = reader.splice(&prompt, &ecg_tokens, &image_tokens).unwrap();
        assert_eq!(embeddings.nrows() as u64, case["seq_len"].as_u64().unwrap(), "{name}");

        let mut golden = Npz::open(&goldens.join(case["npz"].as_str().unwrap()));
        let names = golden.names();
        for key in ["merged_image_tokens", "inputs_embeds", "llama_hidden_0"] {
            let found = if key == "merged_image_tokens" { &image_tokens } else { &embeddings };
            if names.iter().any(|name| name == key) {
                let expected = golden.f32_or_f16(key);
                compare(&format!("{name}: {key}"), &found.clone().into_dyn(), &expected, FEATURE_TOLERANCE);
            }
        }
        if names.iter().any(|name| name == "embeds_rows") {
            let rows: Vec<usize> = golden.i64("embeds_row_index").iter().map(|row| *row as usize).collect();
            let found = embeddings.select(Axis(0), &rows).into_dyn();
            compare(&format!("{name}: embeds_rows"), &found, &golden.f32_or_f16("embeds_rows"), FEATURE_TOLERANCE);
        }
        let logits = ArrayD::from_shape_vec(vec![vocab], reader.first_logits(&embeddings).unwrap()).unwrap();
        let expected = golden.f32_or_f16("first_logits");
        compare(&format!("{name}: first logits"), &logits, &expected, LOGIT_TOLERANCE);
        if names.iter().any(|name| name == "step_logits") {
            let expected = golden.f32("step_logits");
            // With the text so far in the prompt, the first logits are those of a later step.
            for step in steps {
                let written = ids(&case["tokens_no_eos"]).into_iter().take(step).map(|id| id as u32);
                let longer = PromptIds {
                    before: prompt.before.clone(),
                    after: prompt.after.iter().copied().chain(written).collect(),
                };
                let embeddings = reader.splice(&longer, &ecg_tokens, &image_tokens).unwrap();
                let logits = ArrayD::from_shape_vec(vec![vocab], reader.first_logits(&embeddings).unwrap()).unwrap();
                let expected = (expected.index_axis(Axis(0), step).to_owned(), 0.0);
                compare(&format!("{name}: logits of step {step}"), &logits, &expected, LOGIT_TOLERANCE);
            }
        }

        for (key, stop_at_end_of_text) in [("no_eos", false), ("eos", true)] {
            let limits = Limits { max_new_tokens, stop_at_end_of_text };
            let mut pieces = String::new();
            let (tokens, text, finish) =
                reader.generate(&embeddings, limits, &|| false, &mut |piece| pieces.push_str(piece)).unwrap();
            let expected = ids(&case[format!("tokens_{key}")]);
            assert_eq!(tokens.iter().map(|token| i64::from(*token)).collect::<Vec<_>>(), expected, "{name}, {key}");
            assert_eq!(golden.i64(&format!("tokens_{key}")).into_raw_vec_and_offset().0, expected, "{name}, {key}");
            assert_eq!(text, case[format!("text_{key}")].as_str().unwrap(), "{name}, {key}");
            assert_eq!(pieces, text, "{name}, {key}");
            let ended = stop_at_end_of_text && tokens.last() == Some(&2);
            assert_eq!(finish, if ended { Finish::EndOfText } else { Finish::Length }, "{name}, {key}");
        }
    }
}

/// Has a record of the goldens its leads in the standard order?
fn is_in_standard_order(goldens: &Path, record: &str) -> bool {
    let record = Record::open(&goldens.join("inputs/ecg").join(record)).unwrap();
    record.ecg_leads().iter().map(|(lead, _)| lead).eq(&STANDARD_LEADS)
}

/// Of a record whose leads are in the standard order the whole way from the strip can be compared.
#[test]
fn a_strip_and_a_page_are_read_as_by_the_reference_and_the_same_every_time() {
    let Some(goldens) = goldens() else { return };
    let stem = |case: &Value, key: &str| {
        Path::new(case[key].as_str().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned()
    };
    let is_one =
        |case: &Value| case["image_aspect_ratio"] == "ori" && is_in_standard_order(&goldens, &stem(case, "ecg"));
    let case = cases(&goldens).into_iter().find(is_one).expect("a case of mode ori with leads in the standard order");
    let Some(mut reader) = reader_of(&case) else { return };
    let raw = Npz::open(&goldens.join(format!("goldens/ecg/{}.npz", stem(&case, "ecg")))).f32("raw_mv");
    let leads = STANDARD_LEADS.iter().zip(raw.axis_iter(Axis(1))).map(|(lead, samples)| StripLead {
        lead: lead.clone(),
        derived: false,
        samples_mv: samples.iter().copied().collect(),
    });
    // A strip lists its leads in any order.
    let strip = Strip { start: Time::from_nanos(0), rate_hz: 500.0, leads: leads.rev().collect() };
    let page = picture(&goldens, &stem(&case, "image"));
    let max_new_tokens = Some(steps(&case).0);
    let input = ReadingInput { strip: &strip, page: &page, question: case["question"].as_str(), max_new_tokens };
    let start = std::time::Instant::now();
    let reading = reader.read(&input, &|| false, &mut |_| {}).unwrap();
    eprintln!("one reading of {} tokens: {:?}", reading.tokens.len(), start.elapsed());
    assert_eq!(reading.tokens.iter().map(|token| i64::from(*token)).collect::<Vec<_>>(), ids(&case["tokens_eos"]));
    assert_eq!(reading.text, case["text_eos"].as_str().unwrap());
    assert_eq!(reading.prompt_tokens as u64, case["seq_len"].as_u64().unwrap());
    assert!(reading.absent_leads.is_empty());

    // A shorter text in between leaves its marks in the cache, which must not show.
    let other = ReadingInput { question: Some("Rhythm?"), max_new_tokens: Some(3), ..input };
    let between = reader.read(&other, &|| false, &mut |_| {}).unwrap();
    assert_eq!((between.tokens.len(), between.finish), (3, Finish::Length));
    assert_eq!(reader.read(&input, &|| false, &mut |_| {}).unwrap(), reading);

    let asked = std::cell::Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 5
    };
    let stopped = reader.read(&input, &stop, &mut |_| {}).unwrap();
    assert_eq!(stopped.finish, Finish::Stopped);
    assert_eq!(stopped.tokens, reading.tokens[..stopped.tokens.len()]);
    assert!(stopped.tokens.len() < reading.tokens.len());
}

#[test]
fn a_manifest_that_does_not_fit_its_graphs_is_named() {
    let runtime = runtime::load(None).unwrap();
    let Some(reader) = reader() else { return };
    let decoder = &reader.manifest().decoder;
    let no_input =
        format!("the graph decoder does not fit its manifest: it has no input past_key_values.{}.key", decoder.layers);
    let (inputs, fewer) = (4 + 2 * decoder.layers, 2 + 2 * decoder.layers);
    let too_many = format!("the graph decoder does not fit its manifest: it has {inputs} inputs, not {fewer}");
    let lies: [(&str, Value, &str); 6] = [
        (
            "/decoder/hidden",
            (decoder.hidden / 2).into(),
            "the graph ecg_encoder does not fit its manifest: output ecg_tokens",
        ),
        ("/decoder/layers", (decoder.layers + 1).into(), &no_input),
        ("/decoder/layers", (decoder.layers - 1).into(), &too_many),
        ("/decoder/vocab", (decoder.vocab - 100).into(), "could not use"),
        ("/decoder/bos", 7.into(), "could not use"),
        ("/ecg/samples", 2500.into(), "input ecg is"),
    ];
    for (key, value, message) in lies {
        let change = |manifest: &mut Value| *manifest.pointer_mut(key).unwrap() = value.clone();
        let Some(directory) = changed_package(change) else { return };
        let package = Package::open(directory.path()).unwrap();
        let error = GemReader::new(&package, &runtime, ReaderOptions::default()).err().expect(key).to_string();
        assert!(error.contains(message), "{key}: {error} lacks {message}");
    }
}

#[test]
fn numbers_that_are_none_are_an_error_and_do_not_linger() {
    let Some(goldens) = goldens() else { return };
    let Some(mut reader) = reader() else { return };
    let case = &cases(&goldens)[0];
    let embeddings = Npz::open(&goldens.join(case["npz"].as_str().unwrap())).f32("inputs_embeds");
    let embeddings: Array2<f32> = embeddings.into_dimensionality().unwrap();
    let limits = Limits { max_new_tokens: steps(case).0, stop_at_end_of_text: false };
    let broken = Array2::from_elem((900, embeddings.ncols()), f32::NAN);
    let error = reader.generate(&broken, limits, &|| false, &mut |_| {}).unwrap_err();
    assert!(matches!(error, GemError::NotANumber { token: 0 }), "{error}");
    let (tokens, ..) = reader.generate(&embeddings, limits, &|| false, &mut |_| {}).unwrap();
    assert_eq!(tokens.iter().map(|token| i64::from(*token)).collect::<Vec<_>>(), ids(&case["tokens_no_eos"]));
}

#[test]
fn a_text_ends_where_the_positions_end() {
    let Some(directory) = changed_package(|manifest| {
        manifest["decoder"]["max_positions"] = 20.into();
        manifest["decoder"]["max_sequence"] = 16.into();
        manifest["decoder"]["max_new_tokens"] = 20.into();
    }) else {
        return;
    };
    let package = Package::open(directory.path()).unwrap();
    let mut reader = GemReader::new(&package, &runtime::load(None).unwrap(), ReaderOptions::default()).unwrap();
    let prompt = reader.prompt_ids("Rhythm?").unwrap();
    let hidden = reader.manifest().decoder.hidden;
    let embeddings = reader.splice(&prompt, &Array2::zeros((101, hidden)), &Array2::zeros((576, hidden))).unwrap();
    // Cut to the sequence; the last of the tokens is not fed back, so it needs no position.
    assert_eq!(embeddings.nrows(), 16);
    let limits = Limits { max_new_tokens: 48, stop_at_end_of_text: false };
    let (tokens, _, finish) = reader.generate(&embeddings, limits, &|| false, &mut |_| {}).unwrap();
    assert_eq!((tokens.len(), finish), (5, Finish::Length));
    let none = Limits { max_new_tokens: 0, ..limits };
    assert!(reader.generate(&embeddings, none, &|| false, &mut |_| {}).unwrap().0.is_empty());
    assert_eq!(reader.generate(&embeddings, limits, &|| true, &mut |_| {}).unwrap().2, Finish::Stopped);
}

#[test]
fn a_question_behind_many_tiles_is_cut_to_the_sequence() {
    let Some(mut reader) = reader() else { return };
    let prompt = reader.prompt_ids(&"Is this AF? ".repeat(400)).unwrap();
    let (hidden, most) = (reader.manifest().decoder.hidden, reader.manifest().decoder.max_sequence);
    let (ecg_tokens, image_tokens) = (Array2::zeros((101, hidden)), Array2::ones((2880, hidden)));
    assert!(prompt.before.len() + prompt.after.len() + 101 + 2880 > most);
    let embeddings = reader.splice(&prompt, &ecg_tokens, &image_tokens).unwrap();
    assert_eq!(embeddings.nrows(), most);
    let kept = prompt.after[..most - 101 - 2880 - prompt.before.len()].to_vec();
    let shorter = PromptIds { before: prompt.before, after: kept };
    assert_eq!(reader.splice(&shorter, &ecg_tokens, &image_tokens).unwrap(), embeddings);
}

#[test]
fn a_reader_can_go_to_a_thread_of_its_own() {
    fn is_send<T: Send>() {}
    is_send::<GemReader>();
}
