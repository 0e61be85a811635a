//! What a simulated bedside monitor sends, as gemwatch hears it.

use gemwatch::ecg::{Chunk, ChunkLead, Lead, StreamId, Time};
use simulators::monitor::{GAIN_UV_PER_UNIT, MonitorChunk, MonitorLead};

/// The chunk, as if the ward had begun in 1970.
pub fn chunk(sent: &MonitorChunk) -> Chunk {
    let lead = |lead: &MonitorLead| ChunkLead {
        lead: Lead::from_name(lead.lead.name()),
        gain_uv: GAIN_UV_PER_UNIT,
        offset: 0,
        off: lead.off,
        samples: lead.samples.clone(),
    };
    Chunk {
        stream_id: StreamId::new(&sent.stream_id).unwrap(),
        sequence: sent.sequence,
        start: Time::from_nanos(sent.start_offset_ns),
        rate_hz: sent.rate_hz,
        leads: sent.leads.iter().map(lead).collect(),
        pacer_marks: sent.pacer_marks.clone(),
    }
}
