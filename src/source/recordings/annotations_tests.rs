//! Tests of the annotation files.

use proptest::prelude::*;

use super::*;

fn annotation(sample: i64, mnemonic: &str) -> Annotation {
    let label = Label::from_mnemonic(mnemonic).unwrap();
    Annotation { sample, label, subtype: 0, channel: 0, number: 0, aux: None }
}

/// The words of a file, low byte first.
fn words(words: &[(u16, u16)]) -> Vec<u8> {
    words.iter().flat_map(|(code, value)| ((code << 10) | value).to_le_bytes()).collect()
}

#[test]
fn fields_and_distances_are_read() {
    let mut bytes = words(&[(28, 18), (AUX, 3)]);
    bytes.extend_from_slice(b"(N\0\0");
    bytes.extend(words(&[(1, 59), (CHANNEL, 1), (NUMBER, 0x3ff), (SUBTYPE, 0x3fe), (5, 1023), (SKIP, 0)]));
    // 0x0001_0002 samples on: the high half first.
    bytes.extend_from_slice(&[1, 0, 2, 0]);
    bytes.extend(words(&[(12, 0), (0, 0)]));
    bytes.extend_from_slice(b"what follows the end is ignored");
    let expected = [
        Annotation { aux: Some("(N".to_owned()), ..annotation(18, "+") },
        Annotation { channel: 1, number: -1, subtype: -2, ..annotation(77, "N") },
        Annotation { channel: 1, number: -1, ..annotation(1100, "V") },
        Annotation { channel: 1, number: -1, ..annotation(66_638, "/") },
    ];
    assert_eq!(decode(&bytes).unwrap(), expected);
}

#[test]
fn each_error_names_its_byte() {
    let beat = (1, 100);
    for (bytes, offset, problem) in [
        (Vec::new(), 0, AnnotationProblem::NoEnd),
        (words(&[beat]), 2, AnnotationProblem::NoEnd),
        (words(&[beat, (SKIP, 0), (0, 0)]), 2, AnnotationProblem::NoEnd),
        (words(&[beat, beat, (AUX, 3), (0, 0)]), 4, AnnotationProblem::NoEnd),
        (words(&[beat, (55, 1), (0, 0)]), 2, AnnotationProblem::UnknownCode { code: 55 }),
        (words(&[(AUX, 0), (0, 0)]), 0, AnnotationProblem::NothingToDescribe),
    ] {
        assert_eq!(decode(&bytes), Err((offset, problem)), "{bytes:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.atr");
    std::fs::write(&path, words(&[beat])).unwrap();
    let message = format!("{:#}", anyhow::Error::from(read_annotations(&path).unwrap_err()));
    assert!(
        message.ends_with(
            "cut.atr byte 2: the file ends without an end marker: it is truncated or no MIT annotation file"
        ),
        "{message}"
    );
}

#[test]
fn what_the_format_cannot_hold_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.atr");
    let write = |second: Annotation| {
        let file = AnnotationFile {
            rate_hz: Some(250.0),
            annotations: vec![annotation(0, "N"), second],
            ..AnnotationFile::default()
        };
        format!("{:#}", anyhow::Error::from(write_annotations(&path, &file).unwrap_err()))
    };
    let long = Annotation { aux: Some("x".repeat(256)), ..annotation(1, "+") };
    assert!(write(long).ends_with("made.atr annotation 1: its text has 256 bytes, at most 255 can be written"));
    for sample in [i64::from(i32::MAX) + 1, i64::MIN] {
        assert!(write(annotation(sample, "N")).contains("annotation 1: it is too far from"));
    }
}

#[test]
fn a_stated_rate_is_read_used_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.atr");
    let mut bytes = words(&[(22, 0), (AUX, 23)]);
    bytes.extend_from_slice(b"## time resolution: 500\0");
    bytes.extend(words(&[(1, 501), (0, 0)]));
    std::fs::write(&path, &bytes).unwrap();
    let file = read_annotations(&path).unwrap();
    assert_eq!((file.rate_hz, &file.annotations[..]), (Some(500.0), &[annotation(501, "N")][..]));
    write_annotations(&path, &file).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    let file = file.to_rate(250.0);
    assert_eq!((file.rate_hz, file.annotations[0].sample), (Some(250.0), 251));
    // Without a stated rate the samples are those of the record already.
    let file = AnnotationFile { annotations: vec![annotation(501, "N")], ..AnnotationFile::default() };
    assert_eq!(file.to_rate(250.0).annotations[0].sample, 501);
}

prop_compose! {
    fn any_annotation()(
        distance in prop_oneof![0_i64..2000, -3_000_000_000_i64..3_000_000_000],
        code in 0_u8..50,
        subtype: i8,
        channel: u8,
        number: i8,
        aux in proptest::option::of("[^\\x00]{1,60}"),
    ) -> Annotation {
        let label = Label::from_code(code).unwrap();
        let sample = distance.clamp(i64::from(i32::MIN) + 1, i64::from(i32::MAX));
        Annotation { sample, label, subtype, channel, number, aux }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(mut annotations in proptest::collection::vec(any_annotation(), 0..20)) {
        let mut sample = 0;
        for annotation in &mut annotations {
            sample += annotation.sample;
            annotation.sample = sample;
        }
        let bytes = encode(annotations.iter()).unwrap();
        prop_assert_eq!(decode(&bytes).unwrap(), annotations);
    }

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), end: bool) {
        if end {
            bytes.extend_from_slice(&[0; 300]);
        }
        if let Err((offset, _)) = decode(&bytes) {
            prop_assert!(offset <= bytes.len());
        }
    }

    #[test]
    fn a_truncated_file_is_never_taken_for_whole(
        mut annotations in proptest::collection::vec(any_annotation(), 1..8),
        cut: prop::sample::Index,
    ) {
        for annotation in &mut annotations {
            // Neither a distance nor a text may hold a word of zeros, which would be an end marker.
            (annotation.sample, annotation.aux) = (5, None);
        }
        prop_assume!(annotations.iter().all(|annotation| annotation.label.code() != 0));
        let bytes = encode(annotations.iter()).unwrap();
        prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
    }
}
