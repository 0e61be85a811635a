//! Scoring of marks: each rule on a case worked out by hand.

use super::*;
use crate::source::recordings::Annotation;

fn points(marks: &[(Point, i64)]) -> Points {
    let mut points = Points::default();
    for (point, sample) in marks {
        points.add(*point, *sample);
    }
    points
}

fn of_annotations(marks: &[(i64, &str)]) -> Points {
    let annotation = |(sample, mnemonic): &(i64, &str)| {
        let label = Label::from_mnemonic(mnemonic).unwrap();
        Annotation { sample: *sample, label, subtype: 0, channel: 0, number: 0, aux: None }
    };
    Points::of_annotations(&AnnotationFile {
        annotations: marks.iter().map(annotation).collect(),
        ..AnnotationFile::default()
    })
}

#[test]
fn points_are_read_as_ludb_and_qtdb_write_them() {
    let read = of_annotations(&[
        (10, "("),
        (15, "p"),
        (20, ")"),
        (30, "("),
        (35, "N"),
        (42, ")"),
        // Two peaks of one T wave, and no onset.
        (60, "t"),
        (64, "t"),
        (70, ")"),
        (75, "u"),
        (80, ")"),
        // Without brackets.
        (130, "V"),
        (160, "("),
        (170, "t"),
    ]);
    for (point, samples) in [
        (Point::POnset, vec![10]),
        (Point::PPeak, vec![15]),
        (Point::PEnd, vec![20]),
        (Point::QrsOnset, vec![30]),
        (Point::QrsEnd, vec![42]),
        (Point::TPeak, vec![60, 64, 170]),
        (Point::TEnd, vec![70]),
    ] {
        assert_eq!(read.of(point), samples, "{}", point.name());
    }
}

#[test]
fn names_lead_to_their_points() {
    for point in Point::ALL {
        assert_eq!(Point::from_name(&point.name().to_uppercase()), Some(point));
    }
    assert_eq!(Point::from_name("t_end"), Some(Point::TEnd));
    assert_eq!(Point::from_name("U_on"), None);
}

#[test]
fn the_nearest_point_is_taken_and_the_earlier_of_two() {
    assert_eq!(nearest(&[], 5), None);
    assert_eq!(nearest(&[1, 9], 5), Some(1));
    assert_eq!(nearest(&[1, 8, 20], 5), Some(8));
    assert_eq!(nearest(&[1, 8, 20], 90), Some(20));
}

#[test]
fn errors_are_those_worked_out_by_hand() {
    // 500 Hz: 150 ms are 75 samples.
    let reference =
        points(&[(Point::QrsOnset, 100), (Point::QrsOnset, 500), (Point::QrsOnset, 900), (Point::TEnd, 950)]);
    let found = points(&[(Point::QrsOnset, 103), (Point::QrsOnset, 575), (Point::QrsOnset, 824), (Point::PPeak, 950)]);
    let mut record = RecordDelineation::default();
    record.score(&reference, &[&found], 500.0);
    let summaries = summarise(&[record, RecordDelineation::default()]);
    assert_eq!(summaries.len(), 2);
    let onset = summaries[0];
    assert_eq!((onset.point, onset.count, onset.found), (Point::QrsOnset, 3, Some(200.0 / 3.0)));
    assert_eq!((onset.mean_ms, onset.sd_ms, onset.median_abs_ms), (Some(78.0), Some(72.0), Some(78.0)));
    assert!((onset.sd_within_record_ms.unwrap() - 144.0 / 2.0_f64.sqrt()).abs() < 1e-9);
    assert_eq!((summaries[1].point, summaries[1].found, summaries[1].mean_ms), (Point::TEnd, Some(0.0), None));
}

#[test]
fn each_point_takes_the_better_lead() {
    let reference = points(&[(Point::QrsOnset, 100), (Point::QrsOnset, 500)]);
    let (first, second) =
        (points(&[(Point::QrsOnset, 101), (Point::QrsOnset, 530)]), points(&[(Point::QrsOnset, 498)]));
    let mut record = RecordDelineation::default();
    record.score(&reference, &[&first, &second], 1000.0);
    assert_eq!(record.errors_ms[Point::QrsOnset as usize], [1.0, -2.0]);
}
