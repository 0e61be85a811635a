//! Data time as people and JSON write it.

use crate::ecg::Time;

/// RFC 3339 in UTC with the fraction that is needed: `1970-01-01T00:05:00.352Z`.
pub fn rfc3339(time: Time) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time.as_nanos()))
        .expect("64 bits of nanoseconds are within jiff's range (this is a bug)")
        .to_string()
}

/// The time that an RFC 3339 text says, with any offset; `None` for others, and outside of 1677 to 2262.
pub fn read_rfc3339(text: &str) -> Option<Time> {
    let timestamp: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(timestamp.as_nanosecond()).ok().map(Time::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_written_in_utc() {
        assert_eq!(rfc3339(Time::from_nanos(300_352_000_000)), "1970-01-01T00:05:00.352Z");
        assert_eq!(rfc3339(Time::from_nanos(-1)), "1969-12-31T23:59:59.999999999Z");
        rfc3339(Time::from_nanos(i64::MIN));
        rfc3339(Time::from_nanos(i64::MAX));
    }

    #[test]
    fn what_was_written_is_read_again() {
        for nanos in [0, -1, 300_352_000_000, i64::MIN, i64::MAX] {
            assert_eq!(read_rfc3339(&rfc3339(Time::from_nanos(nanos))), Some(Time::from_nanos(nanos)));
        }
        assert_eq!(read_rfc3339("1970-01-01T02:00:01+02:00"), Some(Time::from_nanos(1_000_000_000)));
        assert_eq!(read_rfc3339("3000-01-01T00:00:00Z"), None);
        assert_eq!(read_rfc3339("1970-01-01"), None);
    }
}
