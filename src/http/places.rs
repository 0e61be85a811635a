//! How many connections there may be: in all, and of one address.
//!
//! A connection has its place for as long as anybody holds it, also when it has become a WebSocket.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The places there are. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    most: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place that is taken until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    client: IpAddr,
    places: Places,
}

impl Places {
    pub(super) fn new(most: usize) -> Places {
        Places { most, taken: Arc::default() }
    }

    /// A place for this client, if there is one: nobody has more than half of all.
    pub(super) fn take(&self, client: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        let own = taken.get(&client).copied().unwrap_or_default();
        if own >= self.most.div_ceil(2) || taken.values().sum::<usize>() >= self.most {
            return None;
        }
        taken.insert(client, own + 1);
        Some(Place { client, places: self.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Each change is one number: a panic elsewhere cannot leave it half changed.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection with its place.
#[derive(Debug)]
pub(super) struct Placed {
    stream: TcpStream,
    /// Whether the client has the word: it has said something since the last answer, or there was none yet.
    is_asking: Arc<AtomicBool>,
    _place: Place,
}

impl Placed {
    pub(super) fn new(stream: TcpStream, place: Place) -> Placed {
        Placed { stream, is_asking: Arc::new(AtomicBool::new(true)), _place: place }
    }

    /// Tells a client that is slow to ask from a connection that nobody uses.
    pub(super) fn is_asking(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_asking)
    }
}

impl AsyncRead for Placed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.is_asking.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_asking.store(false, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_the_places_of_all() {
        let places = Places::new(4);
        let [one, two, three] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(|text| text.parse::<IpAddr>().unwrap());
        let of_one: Vec<Place> = (0..4).map_while(|_| places.take(one)).collect();
        assert_eq!(of_one.len(), 2);
        let of_two: Vec<Place> = (0..4).map_while(|_| places.take(two)).collect();
        assert_eq!(of_two.len(), 2);
        assert!(places.take(three).is_none());
        drop(of_one);
        assert!(places.take(three).is_some());
        drop(of_two);
        assert!(places.taken().is_empty());
    }
}
