//! A run that is continued: what is good is copied to a new file, which takes the old one's name.

use std::path::Path;

use crate::run::{Description, State};

use super::checkpoint::{self, Header};
use super::commit::view_of;
use super::copy::go_on_in_copy;
use super::error::IoError;
use super::lock::Lock;
use super::metadata::Provenance;
use super::reader::RunFile;
use super::recover::{existing, recover};
use super::rows;
use super::schema::Group;
use super::validate::validate;
use super::writer::RunWriter;

impl RunWriter {
    /// Continues a run that was interrupted or killed: copies what is good to a new file, which
    /// takes the old one's name, and returns the state to go on from.
    ///
    /// Snapshots and steps after the checkpoint, and a snapshot that was taken only because the run
    /// was interrupted, are dropped: the run makes them again.
    ///
    /// # Errors
    /// The run is complete ([`IoError::Complete`]; if it had been killed after its last snapshot
    /// the file is made an ordinary one), no checkpoint is valid, a row is damaged
    /// ([`IoError::Damaged`]), another process writes the file, or reading or writing fails.
    pub fn resume(path: &Path) -> Result<(RunWriter, Description, State), IoError> {
        let path = existing(path)?;
        let lock = Lock::acquire(&path)?;
        let file = RunFile::open(&path)?;
        let reading = |error: hdf5::Error| IoError::read(&path, "what is to be continued", &error);
        let description = file.description()?;
        let saved = checkpoint::newest(file.sets()).map_err(reading)?;
        let Some((header, state)) = saved else {
            return Err(IoError::NoCheckpoint { path });
        };
        let ending =
            file.ending()?.filter(|_| file.time(file.len() - 1).is_ok_and(|last| last == state.time));
        if state.time >= description.end || ending.is_some() {
            let (snapshots, end) = (file.len(), state.time);
            let ordinary = file.status().is_ordinary();
            drop((file, lock));
            if !ordinary {
                if let Some(finding) = validate(&path)?.first() {
                    let found = format!("{} {}", finding.object, finding.problem);
                    return Err(IoError::Damaged { path, found });
                }
                recover(&path, None)?;
            }
            return Err(IoError::Complete { path, snapshots, end, ending });
        }
        let provenance = Provenance::read(&file.sets().file).map_err(reading)?;
        let provenance = provenance.and(&format!("resumed after step {}", state.step));
        let snapshots = header.scheduled_rows as usize;
        let vouched = header.steps as usize;
        if file.len() < snapshots || file.sets().rows(Group::Steps) < vouched {
            let found = "it has fewer snapshots or steps than its checkpoint says".to_owned();
            return Err(IoError::Damaged { path, found });
        }
        // A file that was recovered may hold steps of the lost snapshots after the checkpoint.
        let steps = rows::steps_until(file.sets(), vouched, state.step).map_err(reading)?;
        let layout = file.sets().layout.clone();
        let header = Header { rows: snapshots as u64, steps: steps as u64, ..header };
        let time = if snapshots > 0 { file.time(snapshots - 1)? } else { f64::NAN };
        let copied = go_on_in_copy(file, (&description, layout), &provenance, header, &state)?;
        let at = (time, state.step);
        let writer = RunWriter::continuing(path, lock, copied, view_of(&description), at);
        Ok((writer, description, state))
    }
}
