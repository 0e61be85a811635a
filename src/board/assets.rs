//! The page itself, as it lies in `page/`, part of the binary.
//!
//! Its files have an address that changes with what is in them, so that a browser may keep them and yet never mixes two versions.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};

// `INDEX`, `ASSETS_PATH` and `ASSETS`, as `build.rs` makes them.
include!(concat!(env!("OUT_DIR"), "/board_assets.rs"));

/// The page, whichever view is asked for.
pub async fn page() -> Html<&'static str> {
    Html(INDEX)
}

/// One of its files.
pub async fn asset(Path(name): Path<String>) -> Response {
    let found = ASSETS.iter().find(|(candidate, _)| *candidate == name);
    let Some((_, content)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [(CONTENT_TYPE, media_type(&name)), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, *content).into_response()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}
