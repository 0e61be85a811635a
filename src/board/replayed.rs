//! A recording with what gemwatch says of it beside its reference annotations.
//!
//! In: the recording in one piece, our beats, its annotations. Out: what the replay view shows, whole and in columns.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::owner::Board;
use super::protocol::column_bytes;
use super::waves::{Column, GAP_UV};
use crate::ecg::{Lead, Time};
use crate::wire::rfc3339;

/// Columns of one answer: more than a wall of screens has.
const MOST_COLUMNS: usize = 20_000;

/// A recording.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Its name, which is that of the stream.
    pub record: String,
    /// Its first sample.
    pub start: Time,
    /// Samples a second.
    pub rate_hz: f64,
    /// Each lead in µV; `i16::MIN` where there is no sample.
    pub leads: Vec<(Lead, Vec<i16>)>,
    /// The beats that were found.
    pub beats: Vec<BeatMark>,
    /// What its annotations say.
    pub reference: Vec<ReferenceMark>,
    /// Where its alerts are known.
    pub board: Board,
}

/// A beat that was found.
#[derive(Clone, Debug, Serialize)]
pub struct BeatMark {
    /// Seconds from the first sample to the R peak.
    pub s: f64,
    /// Its kind, as WFDB writes it.
    pub class: char,
}

/// What an annotation says.
#[derive(Clone, Debug, Serialize)]
pub struct ReferenceMark {
    /// Seconds from the first sample.
    pub s: f64,
    /// Its mnemonic.
    pub symbol: String,
    /// What stands beside it, such as `(AFIB`.
    pub aux: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Wanted {
    lead: String,
    from_s: f64,
    to_s: f64,
    columns: usize,
}

/// The routes of a recording.
pub(super) fn routes(replayed: Replayed) -> Router {
    Router::new()
        .route("/api/replay", get(whole))
        .route("/api/replay/columns", get(columns))
        .with_state(Arc::new(replayed))
}

async fn whole(State(replayed): State<Arc<Replayed>>) -> Json<Value> {
    let samples = replayed.leads.first().map_or(0, |(_, row)| row.len());
    Json(json!({
        "record": replayed.record,
        "start": rfc3339(replayed.start),
        "duration_s": samples as f64 / replayed.rate_hz,
        "rate_hz": replayed.rate_hz,
        "leads": replayed.leads.iter().map(|(lead, _)| lead.name()).collect::<Vec<_>>(),
        "alerts": replayed.board.alerts_of(replayed.record.clone()).await,
        "beats": replayed.beats,
        "reference": replayed.reference,
    }))
}

async fn columns(State(replayed): State<Arc<Replayed>>, Query(wanted): Query<Wanted>) -> Response {
    let lead = Lead::from_name(&wanted.lead);
    let Some((_, row)) = replayed.leads.iter().find(|(candidate, _)| *candidate == lead) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "detail": "there is no such lead" }))).into_response();
    };
    let is_sound = wanted.from_s.is_finite() && wanted.to_s.is_finite() && wanted.from_s < wanted.to_s;
    if !is_sound || !(1..=MOST_COLUMNS).contains(&wanted.columns) {
        let detail = format!("from_s must be before to_s, and columns 1 to {MOST_COLUMNS}");
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "detail": detail }))).into_response();
    }
    let cut = cut(row, replayed.rate_hz, &wanted);
    let bytes: Bytes = column_bytes(&cut).collect::<Vec<u8>>().into();
    ([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}

/// A column that is narrower than a sample shows the sample it lies on.
fn cut(row: &[i16], rate_hz: f64, wanted: &Wanted) -> Vec<Column> {
    let step_s = (wanted.to_s - wanted.from_s) / wanted.columns as f64;
    let sample = |s: f64| (s * rate_hz).floor().clamp(0.0, row.len() as f64) as usize;
    let column = |number: usize| {
        let from_s = wanted.from_s + number as f64 * step_s;
        if from_s < 0.0 {
            return Column::EMPTY;
        }
        let begin = sample(from_s);
        let end = sample(from_s + step_s).max(begin + 1).min(row.len());
        Column::of(row.get(begin..end).unwrap_or_default().iter().copied())
    };
    (0..wanted.columns).map(column).collect()
}

impl Replayed {
    /// A sample as it is kept; NaN is none.
    pub fn sample_uv(mv: f32) -> i16 {
        if mv.is_finite() { ((mv * 1000.0).round() as i16).max(-i16::MAX) } else { GAP_UV }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_what_lies_on_them() {
        let row = [1, 5, -3, GAP_UV, 2, 4];
        let wanted = |from_s, to_s, columns| Wanted { lead: "II".to_owned(), from_s, to_s, columns };
        let pairs = |wanted: &Wanted| cut(&row, 1.0, wanted).iter().map(|c| (c.low_uv, c.high_uv)).collect::<Vec<_>>();
        assert_eq!(pairs(&wanted(0.0, 6.0, 3)), [(1, 5), (-3, -3), (2, 4)]);
        assert_eq!(pairs(&wanted(-1.0, 1.0, 2)), [(GAP_UV, GAP_UV), (1, 1)]);
        assert_eq!(pairs(&wanted(5.0, 7.0, 2)), [(4, 4), (GAP_UV, GAP_UV)]);
        assert_eq!(pairs(&wanted(1.0, 2.0, 4)), [(5, 5); 4]);
    }
}
