"""Where presets come from: hubs, web servers and folders; what is downloaded, checked and kept."""
