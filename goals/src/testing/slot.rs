//! The variable that has the number of the place in which a test runs: no two that run at one time have the
//! same, so that each can have a port or a database of its own.

use std::io;
use std::sync::Arc;

use engine::{ForkExec, Launch, RunningProcess, Spawner};

/// Starts programs with the number of their slot in a variable, from 1.
#[derive(Debug)]
pub(super) struct SlotVariable(pub(super) String);

impl Spawner for SlotVariable {
    fn spawn(&self, launch: &Launch) -> io::Result<Arc<dyn RunningProcess>> {
        let mut launch = launch.clone();
        let number = (launch.slot + 1).to_string();
        launch.environment.insert(self.0.clone(), number);
        ForkExec.spawn(&launch)
    }
}
