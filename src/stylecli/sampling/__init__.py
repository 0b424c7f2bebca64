"""Making pictures: SDEdit and text-to-image denoising, for every method."""
