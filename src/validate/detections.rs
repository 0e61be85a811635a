//! What detectors found: in go rows of a table, out come beats and points by record, as `gemwatch replay --beats` and
//! `--points` write them.

use std::collections::BTreeMap;

use super::beat_class::BeatClass;
use super::beats::DetectedBeat;
use super::delineation::{Point, Points};
use super::rows::{Row, RowError};

/// The lead that stands for every lead.
pub const ANY_LEAD: &str = "*";

/// Beats by record. Rows of records whose rate is not in `rates_hz` are left out.
pub fn beats(rows: &[Row], rates_hz: &BTreeMap<String, f64>) -> Result<BTreeMap<String, Vec<DetectedBeat>>, RowError> {
    let mut beats: BTreeMap<String, Vec<DetectedBeat>> = BTreeMap::new();
    for row in rows {
        let record = row.record()?;
        if let Some(rate_hz) = rates_hz.get(record) {
            let class = row.text(&["label", "class", "symbol", "kind"]).map(BeatClass::named);
            beats.entry(record.to_owned()).or_default().push(DetectedBeat { sample: row.sample(*rate_hz)?, class });
        }
    }
    Ok(beats)
}

/// Points by record and lead, the name of the lead in lower case. Rows of records whose rate is not in `rates_hz`, and
/// of points that are not scored, such as the onset of T, are left out.
pub fn points(
    rows: &[Row],
    rates_hz: &BTreeMap<String, f64>,
) -> Result<BTreeMap<String, BTreeMap<String, Points>>, RowError> {
    let mut all: BTreeMap<String, BTreeMap<String, Points>> = BTreeMap::new();
    for row in rows {
        let record = row.record()?;
        let Some(rate_hz) = rates_hz.get(record) else { continue };
        let name =
            row.text(&["point", "kind", "mark"]).ok_or(RowError::Missing { row: row.number(), keys: &["point"] })?;
        let Some(point) = Point::from_name(name) else { continue };
        let lead = row.text(&["lead"]).unwrap_or(ANY_LEAD).to_lowercase();
        all.entry(record.to_owned()).or_default().entry(lead).or_default().add(point, row.sample(*rate_hz)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::rows::read_rows;
    use super::*;

    fn rates_hz() -> BTreeMap<String, f64> {
        BTreeMap::from([("1".to_owned(), 500.0)])
    }

    #[test]
    fn beats_go_to_their_records() {
        let rows = read_rows("record,time_s,label\n1,2.0,V\n2,3.0,N\n1,1.0,\n").unwrap();
        let beats = beats(&rows, &rates_hz()).unwrap();
        assert_eq!(beats.keys().collect::<Vec<_>>(), ["1"]);
        let read: Vec<_> = beats["1"].iter().map(|beat| (beat.sample, beat.class)).collect();
        assert_eq!(read, [(1000, Some(BeatClass::V)), (500, None)]);
    }

    #[test]
    fn points_go_to_their_leads() {
        let text = "record,lead,point,time_s\n1,aVR,QRS_on,2.0\n1,,T_end,3.0\n1,II,T_on,2.5\n2,II,P_on,1.0\n1,avr,qrs_ON,1.0\n";
        let points = points(&read_rows(text).unwrap(), &rates_hz()).unwrap();
        assert_eq!(points["1"].keys().collect::<Vec<_>>(), ["*", "avr"]);
        assert_eq!(points["1"]["avr"].of(Point::QrsOnset), [500, 1000]);
        assert_eq!(points["1"]["*"].of(Point::TEnd), [1500]);
        assert_eq!(points.len(), 1);
    }
}
