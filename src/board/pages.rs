//! The routes of the board.
//!
//! Open: the page and its files. Guarded: everything that is about patients.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::alert_reply::AlertReply;
use super::alerts::Known;
use super::assets::{ASSETS_PATH, asset, page};
use super::export::{self, Kind};
use super::live::live;
use super::owner::{Acknowledgement, Board};
use super::replayed::{self, Replayed};
use crate::alarm::AlarmCode;
use crate::http::{Caller, Pages};
use crate::wire::Acknowledge;

/// What somebody who takes note sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    code: AlarmCode,
    /// Who; where credentials are asked for, that is known better.
    by: Option<String>,
}

/// What was asked for cannot be had.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "detail": self.1 }))).into_response()
    }
}

impl Board {
    /// The pages of the board; with a recording those of the recording too.
    pub fn pages(self, replayed: Option<Replayed>) -> Pages {
        let open = ["/", "/beds/{stream_id}", "/alerts/{id}", "/replay"]
            .into_iter()
            .fold(Router::new(), |router, path| router.route(path, get(page)))
            .route(&format!("{ASSETS_PATH}/{{name}}"), get(asset));
        let guarded = Router::new()
            .route("/api/session", get(session))
            .route("/api/live", get(live))
            .route("/api/beds/{stream_id}/trends", get(trends))
            .route("/api/beds/{stream_id}/alerts", get(alerts_of))
            .route("/api/alerts/{id}", get(alert))
            .route("/api/alerts/{id}/{file}", get(file))
            .route("/api/alerts/{id}/acknowledge", post(acknowledge))
            .with_state(self);
        let guarded = match replayed {
            Some(replayed) => guarded.merge(replayed::routes(replayed)),
            None => guarded,
        };
        Pages { open, guarded }
    }
}

async fn session(State(board): State<Board>, Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "mode": if board.is_replay { "replay" } else { "live" },
        "caller": caller.identity.map(|identity| identity.name),
    }))
}

async fn trends(State(board): State<Board>, Path(stream_id): Path<String>) -> Result<Response, Refused> {
    let text = board.trends(stream_id).await.ok_or_else(|| not_found("there is no such bed"))?;
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}

async fn alerts_of(State(board): State<Board>, Path(stream_id): Path<String>) -> Json<Value> {
    Json(json!(board.alerts_of(stream_id).await))
}

async fn alert(State(board): State<Board>, Path(id): Path<String>) -> Result<Response, Refused> {
    let known = find(&board, &id).await?;
    Ok(Json(AlertReply::of(&known)).into_response())
}

async fn file(State(board): State<Board>, Path((id, name)): Path<(String, String)>) -> Result<Response, Refused> {
    let kind = Kind::from_name(&name).ok_or_else(|| not_found("there is no such file of an alert"))?;
    let known = find(&board, &id).await?;
    // To draw and to compress a page takes some tenths of a second.
    let made = tokio::task::spawn_blocking(move || export::file(&known, kind)).await;
    let file = made.map_err(|_| Refused(StatusCode::INTERNAL_SERVER_ERROR, "the file was not made".to_owned()))?;
    let file = file.map_err(|error| Refused(StatusCode::NOT_FOUND, error.to_string()))?;
    let headers = [
        (CONTENT_TYPE, file.media_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    Ok((headers, file.content).into_response())
}

async fn acknowledge(
    State(board): State<Board>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Json(note): Json<Note>,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let known = find(&board, &id).await?;
    let Some(sink) = &board.acknowledgements else {
        return Err(Refused(StatusCode::CONFLICT, "nobody listens to acknowledgements of a recording".to_owned()));
    };
    if known.alert.cleared_at.is_some() && known.alert.state == crate::wire::AlertState::Cleared {
        return Err(Refused(StatusCode::CONFLICT, "the alarm is over already".to_owned()));
    }
    let by = caller.identity.map(|identity| identity.name).or(note.by).filter(|name| !name.trim().is_empty());
    let by = by.ok_or_else(|| Refused(StatusCode::UNPROCESSABLE_ENTITY, "say who takes note (by)".to_owned()))?;
    let command = Acknowledge {
        stream_id: known.alert.stream_id,
        alert_id: known.alert.id,
        code: note.code,
        by,
        at: jiff::Timestamp::now().to_string(),
    };
    let (done, written) = oneshot::channel();
    let gone = |_| Refused(StatusCode::SERVICE_UNAVAILABLE, "the service is about to end".to_owned());
    sink.send(Acknowledgement { command, done }).await.map_err(|error| gone(error.to_string()))?;
    match written.await {
        Ok(Ok(())) => Ok((StatusCode::ACCEPTED, Json(json!({})))),
        Ok(Err(error)) => Err(Refused(StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
        Err(error) => Err(gone(error.to_string())),
    }
}

async fn find(board: &Board, id: &str) -> Result<Known, Refused> {
    let id: Uuid = id.parse().map_err(|_| not_found("this is no id of an alert"))?;
    board.alert(id).await.ok_or_else(|| not_found("this alert is not known here, or not any more"))
}

fn not_found(detail: &str) -> Refused {
    Refused(StatusCode::NOT_FOUND, detail.to_owned())
}
