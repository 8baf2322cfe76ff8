# Thin names for ./dev, which does the work and also runs where there is no make.
.PHONY: demo test setup lint types coverage cargo bench kernels

demo test setup lint types coverage cargo bench kernels:
	@./dev $@
