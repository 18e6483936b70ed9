//! A process that may end at any step, and the loop that drives it on the hand-driven clock.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use sortie::clock::{Clock, HandClock, Moment, Sleep, Timestamp};

/// So often a process may ask for the time at one moment.
const MAX_ASKED: u32 = 20_000;

/// A process that may end at any step: at each one before or after its effect.
#[derive(Clone, Default)]
pub struct Process {
    inner: Arc<std::sync::Mutex<Steps>>,
}

#[derive(Default)]
struct Steps {
    taken: usize,
    ends_at: Option<usize>,
    ended: bool,
}

impl Process {
    /// How many steps it took.
    pub fn steps(&self) -> usize {
        self.inner.lock().unwrap().taken
    }

    /// The same process begins anew, and ends at `step`.
    pub fn restart(&self, step: Option<usize>) {
        *self.inner.lock().unwrap() = Steps { ends_at: step, ..Steps::default() };
    }

    fn has_ended(&self) -> bool {
        self.inner.lock().unwrap().ended
    }

    pub async fn step(&self) {
        let ends = {
            let mut steps = self.inner.lock().unwrap();
            steps.taken += 1;
            steps.ended |= steps.ends_at == Some(steps.taken);
            steps.ended
        };
        if ends {
            // Whoever watches for the end must be polled once more.
            tokio::task::yield_now().await;
            std::future::pending::<()>().await;
        }
    }
}

/// The hand-driven clock for a process that must let time pass: one that asks and asks at one moment spins.
pub struct WatchfulClock {
    hand: HandClock,
    asked: std::sync::Mutex<(Moment, u32)>,
}

impl WatchfulClock {
    pub fn of(hand: &HandClock) -> Self {
        Self { hand: hand.clone(), asked: std::sync::Mutex::default() }
    }
}

impl Clock for WatchfulClock {
    fn now(&self) -> Moment {
        let (now, mut asked) = (self.hand.now(), self.asked.lock().unwrap());
        *asked = if asked.0 == now { (now, asked.1 + 1) } else { (now, 0) };
        assert!(asked.1 < MAX_ASKED, "the process spins: {now:?} does not pass");
        now
    }

    fn utc(&self) -> Timestamp {
        self.hand.utc()
    }

    fn sleep_until(&self, moment: Moment) -> Sleep {
        self.hand.sleep_until(moment)
    }
}

/// As [`drive`]; none where `process` ended before `future` did.
pub fn drive_unless_ended<F: Future>(clock: &HandClock, process: &Process, future: F) -> Option<F::Output> {
    let ended = std::future::poll_fn(|_| if process.has_ended() { Poll::Ready(()) } else { Poll::Pending });
    drive(clock, async {
        tokio::select! {
            biased;
            () = ended => None,
            output = future => Some(output),
        }
    })
}

/// Polls `future` to its end; whenever it can only wait, moves `clock` to the next sleeper.
pub fn drive<F: Future>(clock: &HandClock, future: F) -> F::Output {
    struct Flag(AtomicBool);
    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let mut future = pin!(future);
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&flag));
    loop {
        flag.0.store(false, Ordering::SeqCst);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        if !flag.0.load(Ordering::SeqCst) {
            assert!(clock.advance_to_next_sleeper(), "everybody waits for nothing");
        }
    }
}
