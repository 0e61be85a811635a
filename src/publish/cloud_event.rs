//! The headers that make a message a `CloudEvent` in binary mode: value as it is, attributes beside it
//! (`CloudEvents` 1.0.2, Kafka protocol binding, section 3.2).

use crate::ecg::Time;
use crate::wire::rfc3339;

/// The attributes of a `CloudEvent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CloudEvent<'a> {
    /// Same source and same id: the same event, told twice.
    pub id: &'a str,
    /// What happened, such as `gemwatch.alert.raised`.
    pub kind: &'a str,
    /// Who says so, as a URI reference. The same for all instances, since any may repeat what another said.
    pub source: &'a str,
    /// When it happened, in data time.
    pub time: Time,
    /// Whom it is about: the stream id.
    pub subject: &'a str,
    /// Where the schema of the value is, as a URI.
    pub data_schema: Option<&'a str>,
    /// Media type of the value, such as `application/json`.
    pub content_type: &'a str,
}

/// The attributes as message headers.
pub fn cloud_event_headers(event: &CloudEvent<'_>) -> Vec<(String, String)> {
    let time = rfc3339(event.time);
    let attributes = [
        ("ce_specversion", Some("1.0")),
        ("ce_id", Some(event.id)),
        ("ce_type", Some(event.kind)),
        ("ce_source", Some(event.source)),
        ("ce_time", Some(&time)),
        ("ce_subject", Some(event.subject)),
        ("ce_dataschema", event.data_schema),
        ("content-type", Some(event.content_type)),
    ];
    attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_has_its_header() {
        let event = CloudEvent {
            id: "0191-raised",
            kind: "gemwatch.alert.raised",
            source: "/gemwatch",
            time: Time::from_nanos(300_352_000_000),
            subject: "ward 7/bed 3",
            data_schema: None,
            content_type: "application/json",
        };
        let expected = [
            ("ce_specversion", "1.0"),
            ("ce_id", "0191-raised"),
            ("ce_type", "gemwatch.alert.raised"),
            ("ce_source", "/gemwatch"),
            ("ce_time", "1970-01-01T00:05:00.352Z"),
            ("ce_subject", "ward 7/bed 3"),
            ("content-type", "application/json"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(cloud_event_headers(&event), expected);
        let with_schema = CloudEvent { data_schema: Some("https://example.org/alert.json"), ..event };
        let headers = cloud_event_headers(&with_schema);
        assert!(headers.contains(&("ce_dataschema".to_owned(), "https://example.org/alert.json".to_owned())));
    }
}
