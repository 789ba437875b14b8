"""A simulated data centre, from inside of scripts/site: rack, hosted stand-in and appliance as processes."""
