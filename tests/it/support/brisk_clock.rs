//! A clock for back-off: it moves by itself over every short wait, and writes it down.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sortie::clock::{Clock, HandClock, Moment, Sleep, Timestamp};

/// Waits up to this are over at once; longer ones (an attempt's deadline) wait for the hand.
const SHORT: Duration = Duration::from_secs(45);

/// A hand-driven clock that hurries over short waits.
#[derive(Clone)]
pub struct BriskClock {
    pub hand: HandClock,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl BriskClock {
    pub fn new() -> Self {
        let hand = HandClock::at("2026-01-31T12:00:00Z".parse().unwrap());
        Self { hand, waits: Arc::default() }
    }

    /// The waits so far, in order.
    pub fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }
}

impl Clock for BriskClock {
    fn now(&self) -> Moment {
        self.hand.now()
    }

    fn utc(&self) -> Timestamp {
        self.hand.utc()
    }

    fn sleep_until(&self, moment: Moment) -> Sleep {
        let span = moment.since(self.now());
        if span > SHORT {
            return self.hand.sleep_until(moment);
        }
        self.waits.lock().unwrap().push(span);
        self.hand.advance(span);
        Box::pin(std::future::ready(()))
    }
}
