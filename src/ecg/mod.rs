//! The vocabulary every stage speaks: leads, time, chunks as they arrive and strips as they are read.
//!
//! In goes nothing, out go types. This module uses no other module and no crate beyond `thiserror`.

mod chunk;
mod lead;
mod stream_id;
mod strip;
mod time;

pub use chunk::{Chunk, ChunkError, ChunkLead, INVALID_SAMPLE};
pub use lead::{Lead, STANDARD_LEADS};
pub use stream_id::{StreamId, StreamIdError};
pub use strip::{Strip, StripLead};
pub use time::{Duration, Time};
