//! Tests of the header parser.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Header, String> {
    parse(Path::new("x.hea"), text).map_err(|error| error.to_string())
}

#[test]
fn a_plain_header_is_read() {
    let header = read(
        "# made by hand\r\n100 2 360/720(5) 650000 13:5:0 25/4/1989\r\n\
         100.dat 212 200 11 1024 995 -22131 0 MLII\r\n100.dat 212 0 11 1024 995 43405 0 a b  \r\n#Dx: x\r\n# Dx: y\r\n",
    )
    .unwrap();
    assert_eq!(header.name, "100");
    assert_eq!((header.rate_hz, header.frames), (360.0, Some(650_000)));
    // date -u -d '1989-04-25 13:05:00' +%s
    assert_eq!(header.start, Some(Time::from_nanos(609_512_700_000_000_000)));
    assert_eq!(header.comments, ["made by hand", "Dx: x", "Dx: y"]);
    let [first, second] = &header.signals[..] else { panic!("two signals") };
    assert_eq!((first.baseline, first.adc_zero, first.adc_resolution_bits), (1024, 1024, 11));
    assert_eq!((first.gain, first.calibrated, first.units.as_str()), (200.0, true, "mV"));
    assert_eq!((second.gain, second.calibrated, second.description.as_str()), (200.0, false, "a b"));
    assert_eq!((first.checksum, second.checksum), (Some(-22131), Some(-22131)));
}

#[test]
fn modifiers_are_read() {
    let header = read("r 2\na.mat 16x4:3+24 1.253e+04(-166854)/NU 16 5\nsub/b.dat 80\n").unwrap();
    assert_eq!((header.rate_hz, header.frames, header.start), (250.0, None, None));
    let [first, second] = &header.signals[..] else { panic!("two signals") };
    assert_eq!((first.format, first.samples_per_frame, first.skew, first.byte_offset), (Format::Bits16, 4, 3, 24));
    assert_eq!((first.gain, first.baseline, first.units.as_str()), (12530.0, -166_854, "NU"));
    assert_eq!((second.gain, second.calibrated, second.checksum), (200.0, false, None));
}

#[test]
fn a_start_needs_both_time_and_date() {
    let start = |fields: &str| read(&format!("r 0 250 10 {fields}")).unwrap().start;
    assert_eq!(start("00:00:01.25 01/01/1970"), Some(Time::from_nanos(1_250_000_000)));
    assert_eq!(start("23:59:59"), None);
    assert_eq!(start("25:00:00 01/01/1970"), None);
    assert_eq!(start("15-May-2020 15:35:30"), None);
    assert_eq!(start("00:00:00 01/01/1700"), None);
    assert!(start("00:00:00 01/01/2190").is_some());
}

#[test]
fn each_error_names_its_line_and_field() {
    for (text, message) in [
        ("", "x.hea has no record line"),
        ("# only\n\n", "x.hea has no record line"),
        ("r", "line 1: the number of signals is missing"),
        ("r two", "line 1: the number of signals \"two\" is not a whole number"),
        ("r 300", "\"300\" is not at most 256"),
        ("r 1 NaN", "the sampling rate \"NaN\" is not above 0"),
        ("r 1 -360", "the sampling rate \"-360\" is not above 0"),
        ("r 1 360 1e9", "the number of samples \"1e9\" is not a whole number"),
        ("r/3 1 360", "line 1: the record has 3 segments; multi-segment records are not supported"),
        ("r 2 360\nr.dat 16\n\n# end", "line 4: the record line states 2 signals, 1 are described"),
        ("r 1\n#\nr.dat", "line 3: the signal format is missing"),
        ("r 1\nr.dat 311", "line 2: signal format 311 is not supported"),
        ("r 1\nr.dat x4", "the signal format \"\" is not a whole number"),
        ("r 1\nr.dat 16x0", "the number of samples a frame \"0\" is not from 1"),
        ("r 1\nr.dat 16y", "the signal format \"16y\" is not of the form"),
        ("r 1\nr.dat 16 inf", "the gain \"inf\" is not a finite number"),
        ("r 1\nr.dat 16 200(1/mV", "the gain \"200(1/mV\" is not of the form"),
        ("r 1\nr.dat 16 200(1.5)", "the baseline \"1.5\" is not a whole number"),
        ("r 1\nr.dat 16 200 16 0 0 70000", "the checksum \"70000\" is not a 16-bit number"),
        ("r 1\n/etc/passwd 16", "the signal file \"/etc/passwd\" is not a file in the record's folder"),
        ("r 1\n../r.dat 16", "is not a file in the record's folder"),
        ("r 1\n- 16", "is not a file in the record's folder"),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.contains(message), "{text:?}: {error} lacks {message}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn any_signal_line_is_read_or_refused(
        record in "r [0-9]{1,3}( [0-9./()e+-]{0,12}){0,4}",
        lines in proptest::collection::vec("[a-z./]{0,6} [0-9x:+]{0,12} [0-9.e+()/mV-]{0,12}( [0-9-]{1,22}){0,6}", 0..4),
    ) {
        let _ = read(&format!("{record}\n{}", lines.join("\n")));
    }

    #[test]
    fn a_gain_field_is_read_back(gain in 0.001_f64..1e6, baseline: i32, units in "[a-zA-Z%]{1,5}") {
        let header = read(&format!("r 1\nr.dat 16 {gain}({baseline})/{units}")).unwrap();
        let signal = &header.signals[0];
        prop_assert_eq!((signal.gain, signal.baseline, &signal.units), (gain, baseline, &units));
    }
}
