//! Data time: when a sample was taken, in nanoseconds, never when we saw it.

use std::ops::{Add, Sub};

/// A moment in data time: nanoseconds since 1970-01-01T00:00:00 UTC.
///
/// Recordings without a date start at zero, so that their times read as seconds into the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A signed span of data time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Time {
    /// From nanoseconds since 1970 UTC.
    pub const fn from_nanos(nanos: i64) -> Time {
        Time(nanos)
    }

    /// Nanoseconds since 1970 UTC.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Seconds since `earlier`; negative when `earlier` is later.
    pub fn seconds_since(self, earlier: Time) -> f64 {
        (self - earlier).as_secs_f64()
    }

    /// The moment `index` samples after this one at `rate_hz`, rounded to the nanosecond.
    #[must_use]
    pub fn plus_samples(self, index: i64, rate_hz: f64) -> Time {
        let nanos = index as f64 * (1e9 / rate_hz);
        Time(self.0.saturating_add(nanos.round() as i64))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Duration {
        Duration(nanos)
    }

    /// From seconds, rounded to the nanosecond.
    pub fn from_secs_f64(seconds: f64) -> Duration {
        Duration((seconds * 1e9).round() as i64)
    }

    /// In nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// In seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl Sub<Duration> for Time {
    type Output = Time;
    fn sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl Sub for Time {
    type Output = Duration;
    fn sub(self, earlier: Time) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_and_seconds_agree() {
        let start = Time::from_nanos(5);
        assert_eq!(start.plus_samples(500, 500.0) - start, Duration::from_secs_f64(1.0));
        assert_eq!(start.plus_samples(-360, 360.0) - start, Duration::from_secs_f64(-1.0));
        assert!((start.plus_samples(1, 360.0).seconds_since(start) - 1.0 / 360.0).abs() < 1e-9);
    }
}
