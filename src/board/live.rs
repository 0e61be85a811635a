//! `/api/live`: the WebSocket of one page.
//!
//! In goes what the page says, out goes what its screen needs, both by way of the owner. A page that has gone is forgotten.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::owner::Board;
use super::protocol::SUBPROTOCOL;
use super::screens::MOST_WAITING;

/// The longest message of a page: what a wall shows.
const LONGEST_MESSAGE_BYTES: usize = 256 * 1024;

/// Takes the WebSocket of a page that came from here: browsers open one to anywhere for any page.
pub async fn live(State(board): State<Board>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !is_own(&headers) {
        return (StatusCode::FORBIDDEN, "this page came from elsewhere\n").into_response();
    }
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(LONGEST_MESSAGE_BYTES)
        .max_frame_size(LONGEST_MESSAGE_BYTES)
        .on_upgrade(move |socket| talk(board, socket))
}

/// Whether the page came from this server, or it is no browser that asks.
fn is_own(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let from = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let here = headers.get(HOST).and_then(|host| host.to_str().ok());
    from.is_some() && from == here
}

async fn talk(board: Board, mut socket: WebSocket) {
    let (page, mut messages) = mpsc::channel(MOST_WAITING);
    let Some(number) = board.open(page).await else { return };
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => {
                    if socket.send(message).await.is_err() {
                        break;
                    }
                }
                // It was too slow.
                None => break,
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Text(text))) => {
                    let says = serde_json::from_str(text.as_str()).map_err(|error| error.to_string());
                    board.says(number, says).await;
                }
                Some(Ok(Message::Binary(_))) => board.says(number, Err("pages speak text".to_owned())).await,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
        }
    }
    board.close(number).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_from_elsewhere_hear_nothing() {
        let headers = |origin: &str, host: &str| {
            HeaderMap::from_iter([(ORIGIN, origin.parse().unwrap()), (HOST, host.parse().unwrap())])
        };
        assert!(is_own(&HeaderMap::new()));
        for (origin, host) in [("http://127.0.0.1:9464", "127.0.0.1:9464"), ("https://board.ward", "board.ward")] {
            assert!(is_own(&headers(origin, host)));
        }
        for origin in ["http://evil.example", "null", "http://127.0.0.1:9465", "http://127.0.0.1:9464.evil.example"] {
            assert!(!is_own(&headers(origin, "127.0.0.1:9464")), "{origin}");
        }
    }
}
