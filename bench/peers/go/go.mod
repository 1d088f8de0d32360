module apus.bench/peers

go 1.19
