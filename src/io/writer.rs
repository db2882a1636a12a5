//! Writes a run file while the run goes on.

use std::path::{Path, PathBuf};

use crate::flow::View;
use crate::run::{Description, Snapshot, State, StepRecord};
use crate::system::text;

use super::checkpoint::Header;
use super::commit::{close, view_of, watch, writable, write_columns, write_header};
use super::copy::{Copied, enlarged};
use super::error::{IoError, LastGood};
use super::layout::Layout;
use super::lock::Lock;
use super::metadata::Provenance;
use super::partial::Partial;
use super::presence::Presence;
use super::rows;
use super::sets::Sets;
use super::structure;

/// Writes a run file while the run goes on.
///
/// A snapshot for which [`write`](RunWriter::write) has returned is there after any crash of the
/// program, and, as far as the disk keeps its promises, of the machine. How:
///
/// 1. the new file is built under a hidden name beside its own and renamed once it holds the first
///    snapshot, so that a file of that name is always a run file;
/// 2. each write appends the steps and the snapshot (its time last) and flushes, then overwrites
///    the older slot of the checkpoint and flushes, waits for the disk, then writes that slot's
///    header, and waits for the disk;
/// 3. HDF5's single-writer-multiple-readers mode orders what it writes such that a reader can open
///    the file at every moment.
///
/// Steps can be appended between snapshots, so that they need no memory until the next one; their
/// rows count only once a checkpoint vouches for them.
///
/// Before and after each write the file must be the one that bears its name, with what was written
/// last in it: moving, replacing or overwriting it ends the run with [`IoError::Lost`].
///
/// After an error nothing more is written, so that what is on the disk stays as it is: readable,
/// as after a crash.
#[derive(Debug)]
pub struct RunWriter {
    path: PathBuf,
    // Until the file is there; it holds the masses, which the run needs no second time.
    description: Option<Description>,
    sets: Option<Sets>,
    // Of the file, once it has its name.
    presence: Option<Presence>,
    header: Header,
    // Rows of `steps`, those that no checkpoint vouches for included, and the steps taken, which are
    // more if rows were lost.
    step_rows: u64,
    steps_taken: u64,
    // Checksum of the columns in the newest slot.
    columns: u32,
    // Of a density.
    view: Option<View>,
    // The slot to overwrite next.
    slot: usize,
    last_good: LastGood,
    failed: bool,
    // Released last.
    _lock: Lock,
}

impl RunWriter {
    /// Prepares to write a new run file; nothing of that name appears, and nothing is replaced,
    /// before the first snapshot is safe.
    ///
    /// * `force`: replace an existing file.
    ///
    /// # Errors
    /// The output exists, its directory cannot be written, or another process writes it.
    pub fn create(path: &Path, description: &Description, force: bool) -> Result<RunWriter, IoError> {
        let path = writable(path)?;
        let lock = Lock::acquire(&path)?;
        if path.exists() && !force {
            return Err(IoError::Exists { path });
        }
        Ok(RunWriter {
            path,
            description: Some(description.clone()),
            sets: None,
            presence: None,
            header: Header { sequence: 0, rows: 0, scheduled_rows: 0, steps: 0 },
            step_rows: 0,
            steps_taken: 0,
            columns: 0,
            view: view_of(description),
            slot: 0,
            last_good: LastGood::Nothing,
            failed: false,
            _lock: lock,
        })
    }

    /// Goes on with a file that holds `header.rows` snapshots and the checkpoint in slot 0, which is
    /// at `time` after `steps_taken` steps and whose columns have the checksum `columns`.
    ///
    /// * `view`: of a density.
    pub(crate) fn continuing(
        path: PathBuf,
        lock: Lock,
        Copied { sets, presence, header, columns }: Copied,
        view: Option<View>,
        (time, steps_taken): (f64, u64),
    ) -> RunWriter {
        let last_good = match header.rows {
            0 => LastGood::Nothing,
            rows => LastGood::Snapshot { index: rows as usize - 1, time },
        };
        RunWriter {
            path,
            description: None,
            sets: Some(sets),
            presence: Some(presence),
            header,
            step_rows: header.steps,
            steps_taken,
            columns,
            view,
            slot: 1,
            last_good,
            failed: false,
            _lock: lock,
        }
    }

    /// Appends a snapshot, the steps since the last one, and a checkpoint; returns when all of it
    /// is safe.
    ///
    /// * `scheduled`: false for a snapshot that is taken because the run is interrupted. It is
    ///   dropped when the run is resumed, so that the resumed series is the uninterrupted one; the
    ///   steps stay.
    ///
    /// # Errors
    /// [`IoError::DiskFull`], [`IoError::Write`]; both name the last good snapshot, which stays
    /// readable. Later calls fail, too.
    pub fn write(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        steps: &[StepRecord],
        scheduled: bool,
    ) -> Result<(), IoError> {
        self.or_abandon(|writer| {
            match writer.sets.is_some() {
                true => writer.append(snapshot, state, steps, scheduled)?,
                false => writer.begin(snapshot, state, steps, scheduled)?,
            }
            let index = writer.header.rows as usize - 1;
            writer.last_good = LastGood::Snapshot { index, time: snapshot.time };
            writer.still_there()
        })
    }

    /// Appends steps that follow the last snapshot, so that they need not wait in memory for the
    /// next one. They count from that one's checkpoint on: a run that is resumed before takes them
    /// again.
    ///
    /// # Errors
    /// As [`write`](RunWriter::write); also if no snapshot was written before.
    pub fn write_steps(&mut self, steps: &[StepRecord]) -> Result<(), IoError> {
        self.or_abandon(|writer| {
            writer.still_there()?;
            let doing = format!("steps from {} on", writer.steps_taken + 1);
            let failed = |error| IoError::write(&writer.path, &doing, &error, writer.last_good);
            let sets = writer.sets.as_ref().ok_or("the first snapshot is not written").map_err(|found| {
                let (path, doing, found) = (writer.path.clone(), doing.clone(), found.to_owned());
                IoError::Write { path, doing, found, last_good: LastGood::Nothing }
            })?;
            rows::append_steps(sets, writer.step_rows as usize, writer.steps_taken as usize, steps)
                .and_then(|()| sets.file.flush())
                .map_err(failed)?;
            writer.step_rows += steps.len() as u64;
            writer.steps_taken += steps.len() as u64;
            Ok(())
        })
    }

    /// After a failure nothing is written any more.
    fn or_abandon(
        &mut self,
        write: impl FnOnce(&mut RunWriter) -> Result<(), IoError>,
    ) -> Result<(), IoError> {
        if self.failed {
            return Err(IoError::Write {
                path: self.path.clone(),
                doing: format!("snapshot {}", self.header.rows + 1),
                found: "an earlier write failed".to_owned(),
                last_good: self.last_good,
            });
        }
        // Where something else wrote into the file, HDF5 may be the first to stumble.
        write(self).map_err(|error| self.still_there().err().unwrap_or(error)).inspect_err(|_| self.abandon())
    }

    /// Whether the file is still the one that bears its name.
    fn still_there(&self) -> Result<(), IoError> {
        let Some(presence) = &self.presence else { return Ok(()) };
        let lost = presence.lost(&self.path).map_err(|error| {
            IoError::system(&self.path, "the next part of the run", &error, self.last_good)
        })?;
        lost.map_or(Ok(()), |lost| Err(IoError::Lost { path: self.path.clone(), lost }))
    }

    /// Builds the file with its first snapshot under a hidden name and renames it.
    fn begin(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        steps: &[StepRecord],
        scheduled: bool,
    ) -> Result<(), IoError> {
        let partial = Partial::of(&self.path);
        self.create_partial(partial.path(), state)?;
        let sets = self.sets.as_ref().expect("the file is open");
        let mut presence = watch(sets, partial.path())
            .map_err(|error| IoError::system(&self.path, "the new file", &error, LastGood::Nothing))?;
        self.append_to(&mut presence, snapshot, state, steps, scheduled)?;
        partial.publish(LastGood::Nothing)?;
        self.presence = Some(presence);
        Ok(())
    }

    fn create_partial(&mut self, partial: &Path, state: &State) -> Result<(), IoError> {
        let description = self.description.take().expect("the file is not there yet");
        let layout = Layout::new(&description, state);
        let failed = |error| IoError::write(&self.path, "the new file", &error, LastGood::Nothing);
        let sets = structure::create(partial, &description, layout, &Provenance::new()).map_err(failed)?;
        let started = structure::start_rows(&sets).map_err(failed);
        self.sets = Some(sets);
        started
    }

    fn append(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        steps: &[StepRecord],
        scheduled: bool,
    ) -> Result<(), IoError> {
        self.still_there()?;
        if !self.sets.as_ref().is_some_and(|sets| sets.layout.has_room(state)) {
            self.make_room(state)?;
        }
        let mut presence = self.presence.take().expect("the file has its name");
        let appended = self.append_to(&mut presence, snapshot, state, steps, scheduled);
        self.presence = Some(presence);
        appended
    }

    /// Puts a file with room for the cells of this state in the place of the file.
    fn make_room(&mut self, state: &State) -> Result<(), IoError> {
        self.vouch_for_steps()?;
        if let Some(sets) = self.sets.take() {
            close(sets, &self.path, self.last_good)?;
        }
        let copied = enlarged(&self.path, state)?;
        self.slot = 1;
        self.columns = copied.columns;
        self.sets = Some(copied.sets);
        self.presence = Some(copied.presence);
        Ok(())
    }

    fn append_to(
        &mut self,
        presence: &mut Presence,
        snapshot: &Snapshot,
        state: &State,
        steps: &[StepRecord],
        scheduled: bool,
    ) -> Result<(), IoError> {
        let sets = self.sets.as_ref().expect("the file is open");
        let row = self.header.rows;
        let header = Header {
            sequence: self.header.sequence + 1,
            rows: row + 1,
            scheduled_rows: row + u64::from(scheduled),
            steps: self.step_rows + steps.len() as u64,
        };
        let doing = format!("snapshot {} (t = {})", row + 1, text::time(snapshot.time));
        let failed = |error: hdf5::Error| IoError::write(&self.path, &doing, &error, self.last_good);
        rows::append_steps(sets, self.step_rows as usize, self.steps_taken as usize, steps)
            .map_err(failed)?;
        rows::append_snapshot(sets, row as usize, snapshot, (state, self.view.as_ref())).map_err(failed)?;
        sets.file.flush().map_err(failed)?;
        let unsynced = |error| IoError::system(&self.path, &doing, &error, self.last_good);
        let columns = write_columns(sets, self.slot, state).map_err(failed)?;
        // A header must not reach the disk before what it vouches for.
        presence.sync().map_err(unsynced)?;
        let (start, bytes) = write_header(sets, self.slot, header, columns).map_err(failed)?;
        presence.sync().map_err(unsynced)?;
        presence.expect(start, &bytes);
        self.header = header;
        self.columns = columns;
        self.step_rows = header.steps;
        self.steps_taken += steps.len() as u64;
        self.slot = 1 - self.slot;
        Ok(())
    }

    /// Closes the file, which leaves an ordinary one that any tool opens. Steps that follow the last
    /// snapshot, as where the computation failed, stay in it.
    ///
    /// # Errors
    /// As [`write`](RunWriter::write).
    pub fn finish(mut self) -> Result<(), IoError> {
        if self.sets.is_none() {
            return Ok(());
        }
        self.or_abandon(|writer| {
            writer.still_there()?;
            writer.vouch_for_steps()
        })?;
        let Some(sets) = self.sets.take() else { return Ok(()) };
        close(sets, &self.path, self.last_good)?;
        self.still_there()
    }

    /// Writes the header of the newest slot again if steps have come since.
    fn vouch_for_steps(&mut self) -> Result<(), IoError> {
        let (Some(sets), Some(presence)) = (&self.sets, &mut self.presence) else { return Ok(()) };
        if self.step_rows == self.header.steps {
            return Ok(());
        }
        let header = Header { steps: self.step_rows, ..self.header };
        let doing = "the last steps";
        let (start, bytes) = write_header(sets, 1 - self.slot, header, self.columns)
            .map_err(|error| IoError::write(&self.path, doing, &error, self.last_good))?;
        presence.sync().map_err(|error| IoError::system(&self.path, doing, &error, self.last_good))?;
        presence.expect(start, &bytes);
        self.header = header;
        Ok(())
    }

    /// Stops touching the file: not even closing it, which would try to write.
    fn abandon(&mut self) {
        self.failed = true;
        std::mem::forget(self.sets.take());
    }
}

impl Drop for RunWriter {
    fn drop(&mut self) {
        // The file is closed now, and what a closed file holds a checkpoint vouches for. There is no
        // other place to tell that this failed: `finish` does.
        if self.still_there().is_ok() {
            let _ = self.vouch_for_steps();
        }
    }
}
