"""From labelled comments to an artefact. The only place that needs PyTorch."""
