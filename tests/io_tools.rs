//! Other tools open the file: xarray with both engines, h5py, ncdump, h5dump.

use std::process::Command;

use reluflow::io::RunWriter;
use reluflow::run::{OutputOptions, ParticleOutput};

use crate::io_support::*;
use crate::oracles::{python, tool};

fn kinds() -> Vec<OutputOptions> {
    let thin = |particles, compression| OutputOptions {
        particles,
        single_precision: true,
        tangent_kernel: false,
        path: false,
        function: 0,
        compression,
    };
    vec![EVERYTHING, thin(ParticleOutput::Count(4), 9), thin(ParticleOutput::None, 0)]
}

#[test]
fn ncdump_and_h5dump_read_the_file() {
    let directory = tempfile::tempdir().unwrap();
    for (i, output_options) in kinds().into_iter().enumerate() {
        let path = directory.path().join(format!("run{i}.h5"));
        write_all(&path, &description(3, 11, output_options));
        if let Some(header) = tool("ncdump", &["-h"], &path) {
            for line in [
                "time = UNLIMITED ; // (3 currently)",
                "double residual(time, sample) ;",
                "double region_covariance(time, region, component) ;",
                "byte attractor(time, boundary, sign) ;",
                "attractor:flag_values = -1b, 0b, 1b, 2b ;",
                "step = UNLIMITED ; // (6 currently)",
            ] {
                assert!(header.contains(line), "{line}\n{header}");
            }
            assert!(!header.contains("phony"), "{header}");
            let mass = if i == 0 { "double mass(particle) ;" } else { "double mass(all_particles) ;" };
            assert!(header.contains(mass), "{header}");
        }
        if let Some(dump) = tool("h5dump", &[], &path) {
            assert!(dump.contains("DATASET \"tangent_kernel_change\""));
        }
    }
}

/// Opens the file in every way and compares some values with those on the command line.
const SCRIPT: &str = r#"
import sys, warnings
warnings.simplefilter("error")
import h5py, numpy as np, xarray as xr, netCDF4
path, particles, residual, r, scenario = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
sets = {}
for engine in ["h5netcdf", "netcdf4"]:
    with xr.open_dataset(path, engine=engine) as ds:
        # Texts of fixed length are bytes to h5netcdf.
        ds = ds.load().assign_coords(component=ds.component.astype(str))
        assert dict(ds.sizes)["time"] == 3 and dict(ds.sizes)["region"] == 6, ds.sizes
        assert set(ds.residual.dims) == {"time", "sample"}
        assert ds.residual.values[2, 1] == residual
        assert ds.time.dtype == np.float64 and ds.time.values[1] == 0.5, ds.time
        assert ds.schedule.values[-1] == 1.0
        assert list(ds.component.values) == ["xx", "xy", "yy"]
        assert ds.theta.units == "rad" if particles != "none" else "theta" not in ds
        assert "reluflow" in ds.attrs["source"] and ds.attrs["scenario"] == scenario, ds.attrs
        assert int(ds.attrs["seed"]) == 2**64 - 4
        assert ds.residual_ode.attrs["equation"].startswith("section 7")
        assert list(ds.attractor.attrs["flag_values"]) == [-1, 0, 1, 2]
        # The place of samples goes with all that has samples.
        assert ds.x.dims == ("sample",) and "x" in ds.coords and "x" in ds.residual.coords and "x" in ds.y.coords
        for name in set(ds.coords) - {"x"}:
            assert ds[name].dims == (name,), name
        assert set(ds.dims) == set(ds.coords) - {"x"}, set(ds.dims) ^ set(ds.coords)
        if particles == "all":
            assert ds.r.values[1, 7] == r and ds.r.sel(particle=7).values[1] == r
            assert ds.mass.dims == ("particle",)
            assert ds.tangent_kernel.dims == ("time", "sample", "sample_column")
        elif particles == "4":
            assert list(ds.particle.values) == [0, 2, 5, 8]
            assert ds.r.dtype == np.float32
        if particles != "all":
            assert ds.mass.dims == ("all_particles",) and ds.mass.size == 11
        sets[engine] = ds
    with xr.open_dataset(path, engine=engine, group="steps") as ds:
        assert dict(ds.sizes) == {"step": 6}, ds.sizes
        assert list(ds.step.values) == list(range(1, 7))
    with xr.open_dataset(path, engine=engine, group="checkpoint") as ds:
        assert ds.theta.values.shape == (2, 11)
a, b = sets.values()
xr.testing.assert_equal(a, b)
with h5py.File(path) as f:
    assert f.attrs["scenario"].decode() == scenario and f.attrs["Conventions"] == b"CF-1.10"
    # Strings of variable length cannot be read by Octave, and live in a heap without checksums.
    def fixed(name, thing):
        for holder in [thing.attrs.get_id(key) for key in thing.attrs] + [thing] * isinstance(thing, h5py.Dataset):
            info = h5py.check_string_dtype(holder.dtype)
            assert info is None or info.length is not None, (name, holder)
    f.visititems(fixed); fixed("/", f)
    assert f["residual"].dims[0].label == "" and f["residual"].dims[1].keys() == ["sample"]
    assert f["residual"].fletcher32 and (f["residual"].compression == "gzip") == (particles != "none")
    assert f["residual"].chunks == (1, 3)
with netCDF4.Dataset(path) as f:
    assert f.variables["residual"].dimensions == ("time", "sample")
    assert f.groups["checkpoint"].variables["r"].dimensions[0] == "slot"
print("good")
"#;

#[test]
fn xarray_h5py_and_netcdf_read_the_file_without_being_told_how() {
    let Some(python) = python("h5py, xarray, h5netcdf, netCDF4") else { return };
    let directory = tempfile::tempdir().unwrap();
    for (particles, output_options) in ["all", "4", "none"].into_iter().zip(kinds()) {
        let path = directory.path().join(format!("{particles}.h5"));
        let d = description(3, 11, output_options);
        write_all(&path, &d);
        let residual = format!("{:e}", snapshot(&d, 2, 0.0).residual[1]);
        let r = format!("{:e}", state(&d, 1, 0.0).r()[7]);
        let output = Command::new(&python)
            .args(["-c", SCRIPT])
            .arg(&path)
            .args([particles, &residual, &r, &d.scenario])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("good"), "{particles}: {text}");
    }
}

#[test]
fn h5py_watches_a_run() {
    let Some(python) = python("h5py") else { return };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let d = description(3, 11, EVERYTHING);
    let mut writer = RunWriter::create(&path, &d, false).unwrap();
    write(&mut writer, &d, 0..2, |_| ()).unwrap();
    let script = "
import sys, h5py
with h5py.File(sys.argv[1], swmr=True) as f:
    assert list(f['time'][:]) == [0, 0.5] and f['r'].shape == (2, 11)
try:
    h5py.File(sys.argv[1])
except OSError as error:
    assert 'already open for' in str(error), error
else:
    raise Exception('opened as if it were finished')
";
    let output = Command::new(python).args(["-c", script]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    drop(writer);
}
