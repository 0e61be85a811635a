//! How often one client may do something.
//!
//! In: the client's address and the time. Out: yes, or how long to wait. No clock of its own. The memory is one time an address
//! (the generic cell rate algorithm), and bounded.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

/// More clients than a hospital's network shows to one server.
const MOST_CLIENTS: usize = 10_000;

/// One budget an address.
#[derive(Debug)]
pub(super) struct Budgets {
    /// One is earned in this time.
    every: Duration,
    /// As many may be saved.
    burst: u32,
    /// When each address will have its full budget again.
    full_at: HashMap<IpAddr, Instant>,
}

impl Budgets {
    pub(super) fn new(every: Duration, burst: u32) -> Budgets {
        Budgets { every, burst, full_at: HashMap::new() }
    }

    /// How long this client has to wait for its next one, if at all.
    pub(super) fn wait(&self, client: IpAddr, now: Instant) -> Option<Duration> {
        let full_at = self.full_at.get(&client).map_or(now, |full_at| (*full_at).max(now));
        let wait = (full_at + self.every).saturating_duration_since(now + self.every * self.burst);
        (!wait.is_zero()).then_some(wait)
    }

    /// Takes one from the budget, or says how long to wait for it.
    pub(super) fn take(&mut self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.wait(client, now) {
            return Err(wait);
        }
        if self.full_at.len() >= MOST_CLIENTS {
            self.full_at.retain(|_, full_at| *full_at > now);
            // A crowd of addresses at once: the limit of connections holds it, and memory stays bounded.
            if self.full_at.len() >= MOST_CLIENTS {
                self.full_at.clear();
            }
        }
        let full_at = self.full_at.entry(client).or_insert(now);
        *full_at = (*full_at).max(now) + self.every;
        Ok(())
    }
}

/// The address that a client is counted by: a household of IPv6 is one client, or it would have 2^64 budgets.
pub(super) fn counted_by(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_at_a_time_and_each_for_itself() {
        let (mut budgets, start) = (Budgets::new(Duration::from_millis(100), 3), Instant::now());
        let [one, other] = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse::<IpAddr>().unwrap());
        for _ in 0..3 {
            assert_eq!(budgets.take(one, start), Ok(()));
        }
        assert_eq!(budgets.take(one, start), Err(Duration::from_millis(100)));
        assert_eq!(budgets.wait(one, start), Some(Duration::from_millis(100)));
        assert_eq!(budgets.take(other, start), Ok(()));
        let later = start + Duration::from_millis(100);
        assert_eq!(budgets.take(one, later), Ok(()));
        assert_eq!(budgets.take(one, later), Err(Duration::from_millis(100)));
        let rested = start + Duration::from_mins(1);
        assert_eq!((0..9).filter(|_| budgets.take(one, rested).is_ok()).count(), 3);
    }

    #[test]
    fn a_crowd_takes_no_more_memory() {
        let (mut budgets, start) = (Budgets::new(Duration::from_secs(1), 1), Instant::now());
        for address in 0..3 * MOST_CLIENTS as u32 {
            budgets.take(IpAddr::V4(address.into()), start).unwrap();
            assert!(budgets.full_at.len() <= MOST_CLIENTS);
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let counted = |address: &str| counted_by(address.parse().unwrap()).to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(counted("10.0.0.1"), "10.0.0.1");
    }
}
