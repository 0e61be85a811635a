//! `/api/live`: the WebSocket of one page.
//!
//! In goes what the page says, out goes what its screen needs, both by way of the owner. A page that has gone is forgotten.

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use tokio::sync::mpsc;

use super::owner::Board;
use super::protocol::SUBPROTOCOL;
use super::screens::MOST_WAITING;

/// The longest message of a page: what a wall shows.
const LONGEST_MESSAGE_BYTES: usize = 256 * 1024;

/// Takes the WebSocket.
pub async fn live(State(board): State<Board>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(LONGEST_MESSAGE_BYTES)
        .max_frame_size(LONGEST_MESSAGE_BYTES)
        .on_upgrade(move |socket| talk(board, socket))
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
