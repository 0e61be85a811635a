//! Data time as people and JSON write it.

use crate::ecg::Time;

/// RFC 3339 in UTC with the fraction that is needed: `1970-01-01T00:05:00.352Z`.
pub fn rfc3339(time: Time) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time.as_nanos()))
        .expect("64 bits of nanoseconds are within jiff's range (this is a bug)")
        .to_string()
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
}
