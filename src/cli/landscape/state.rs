//! The neurons of a run at a snapshot, and the loss around them.

use crate::cli::failure::Failure;
use crate::flow::{NeuronNode, ParticleKind, neuron_nodes, residual_scale};
use crate::io::{LandscapeMoment, Particles, RunFile};
use crate::landscape::{Around, Landscape, Neuron};
use crate::problem::{Measure, Neurons, ParticleLaw, Regions};
use crate::run::{Description, Snapshot};
use crate::scenario::Scenario;
use crate::system::text;

/// What all moments of a run share.
pub struct State<'a> {
    file: &'a RunFile,
    description: &'a Description,
    regions: Regions,
    /// Of a density or lifted particles.
    delta: Option<f64>,
    uncertainty: f64,
}

impl State<'_> {
    pub fn new<'a>(file: &'a RunFile, description: &'a Description) -> Result<State<'a>, Failure> {
        let law = if description.density.is_some() { Scenario::start_law(description)? } else { None };
        let delta = match law.map(|law| law.law) {
            Some(ParticleLaw::Lift { delta, .. }) => Some(delta),
            _ => None,
        };
        // Where steps are given, residuals are what they are.
        let controlled = description.flow.descriptor().learning_rate.is_none();
        let first = file.snapshot(0)?.residual.to_vec();
        let scale = residual_scale(&description.samples, &first);
        let uncertainty = if controlled { description.tolerance * scale } else { 0.0 };
        Ok(State { file, description, regions: Regions::new(&description.samples), delta, uncertainty })
    }

    /// Whether the neurons of a snapshot are known by `c` and `w`: of a density with many values of `delta` those of the
    /// checkpoint alone, since snapshots add up its slices.
    fn has_hessian(&self, index: usize) -> bool {
        let neurons = self.description.flow.particles() == ParticleKind::Neuron;
        neurons
            && (self.description.density.is_none() || self.delta.is_some() || index + 1 == self.file.len())
    }

    /// The neurons of a snapshot; canonical particles with `c = r` and `w` of length 1. `None` if not all are stored.
    pub fn neurons(&self, index: usize) -> Result<Option<Vec<Neuron>>, Failure> {
        let (description, kappa) = (self.description, self.description.flow.kappa());
        if description.density.is_some() && self.delta.is_none() && self.has_hessian(index) {
            return Ok(Some(self.of_cells()?));
        }
        if let (Some(densities), Some(grid)) = (self.file.densities(index)?, &description.density) {
            let (nodes, mass) = Particles::of_nodes(densities.nodes(grid, &self.regions));
            return Ok(Some(self.of_density(&nodes, &mass)?));
        }
        let count = description.mass.len();
        let stored = self.file.particles(index)?.filter(|particles| particles.index.len() == count);
        let all = match stored {
            Some(all) => all,
            None if index + 1 == self.file.len() => {
                match Particles::of_state(&self.file.checkpoint()?, kappa) {
                    Some(all) => all,
                    None => return Ok(None),
                }
            }
            None => return Ok(None),
        };
        let neuron = |i: usize| {
            let (mass, place) = (description.mass[i], all.place[i]);
            match all.c.is_empty() {
                true => Neuron { c: all.r[i], w: [all.theta[i].cos(), all.theta[i].sin()], mass, place },
                false => Neuron { c: all.c[i], w: [all.a[i], -all.b[i]], mass, place },
            }
        };
        Ok(Some((0..count).map(neuron).collect()))
    }

    /// The cells of the checkpoint as neurons.
    fn of_cells(&self) -> Result<Vec<Neuron>, Failure> {
        let state = self.file.checkpoint()?;
        let nodes = neuron_nodes(state.particles.density(), &self.regions, self.description.flow);
        let neuron = |NeuronNode { c, w, mass, place }| Neuron { c, w, mass, place };
        Ok(nodes.into_iter().map(neuron).collect())
    }

    /// Nodes of a density that hold mass, lifted if its law says how.
    fn of_density(&self, nodes: &Particles, mass: &[f64]) -> Result<Vec<Neuron>, Failure> {
        let held: Vec<usize> = (0..mass.len()).filter(|&i| mass[i] > 0.0).collect();
        let pick = |values: &[f64]| held.iter().map(|&i| values[i]).collect::<Vec<f64>>();
        let (r, theta, mass) = (pick(&nodes.r), pick(&nodes.theta), pick(mass));
        let total: f64 = mass.iter().sum();
        let shares = mass.iter().map(|mass| mass / total).collect();
        let measure = Measure::new(r.clone(), theta.clone(), shares).map_err(Failure::computation)?;
        let lifted = match self.delta {
            Some(delta) => Some(
                Neurons::lifted(&measure, self.description.flow.kappa(), delta)
                    .map_err(Failure::computation)?,
            ),
            None => None,
        };
        let neuron = |i: usize| {
            let (mass, place) = (mass[i], nodes.place[held[i]]);
            match &lifted {
                Some(all) => Neuron { c: all.c()[i], w: [all.a()[i], -all.b()[i]], mass, place },
                None => Neuron { c: r[i], w: [theta[i].cos(), theta[i].sin()], mass, place },
            }
        };
        Ok((0..held.len()).map(neuron).collect())
    }

    pub fn moment(
        &self,
        index: usize,
        snapshot: &Snapshot,
        neurons: &[Neuron],
        directions: bool,
    ) -> Result<LandscapeMoment, Failure> {
        let (description, has_hessian) = (self.description, self.has_hessian(index));
        let rho = snapshot.residual.to_vec();
        let around = Around {
            samples: &description.samples,
            regions: &self.regions,
            rho: &rho,
            kappa: description.flow.kappa(),
            layers: description.flow.descriptor().trains,
            output_bias_rate: description.output_bias.rate,
            uncertainty: self.uncertainty,
            directions,
        };
        let mut landscape = Landscape::new(&around, neurons.len(), |i| neurons[i]).map_err(|error| {
            Failure::computation(format_args!("t = {}: LAPACK: {error}", text::time(snapshot.time)))
        })?;
        if !has_hessian {
            landscape.critical.gradient_norm = snapshot.energy_dissipation.max(0.0).sqrt();
        }
        Ok(LandscapeMoment {
            time: snapshot.time,
            loss: snapshot.loss,
            residual: rho,
            landscape,
            has_hessian,
        })
    }
}
