// SPDX-License-Identifier: Apache-2.0

// A plain user service: GET /users/{id} asks Redis, then PostgreSQL, and fills Redis; POST /users
// inserts. One line of access log a request. Its database has the table users (id, name, email).
package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
	_ "github.com/lib/pq"
	"go.uber.org/zap"
)

const maxBody = 1 << 20

type user struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type cache struct {
	pool       *redis.Pool
	expiration time.Duration
}

func newCache(url string, expiration time.Duration) (*cache, error) {
	pool := &redis.Pool{
		MaxIdle:     64,
		IdleTimeout: 4 * time.Minute,
		Dial: func() (redis.Conn, error) {
			return redis.DialURL(
				url, redis.DialConnectTimeout(5*time.Second), redis.DialReadTimeout(3*time.Second),
				redis.DialWriteTimeout(3*time.Second))
		},
	}
	connection := pool.Get()
	defer connection.Close()
	_, err := connection.Do("PING")
	return &cache{pool, expiration}, err
}

func (c *cache) get(key string, value interface{}) error {
	connection := c.pool.Get()
	defer connection.Close()
	data, err := redis.Bytes(connection.Do("GET", key))
	if err != nil {
		return err
	}
	return json.Unmarshal(data, value)
}

func (c *cache) set(key string, value interface{}) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	connection := c.pool.Get()
	defer connection.Close()
	_, err = connection.Do("SET", key, data, "PX", c.expiration.Milliseconds())
	return err
}

type database struct {
	find, insert *sql.Stmt
}

func newDatabase(url string) (*database, error) {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return nil, err
	}
	// The usual number is 5 idle connections. With 32 requests at a time database/sql would then open and close connections
	// all the time, which would flatter whoever doesn't.
	db.SetMaxOpenConns(25)
	db.SetMaxIdleConns(25)
	db.SetConnMaxLifetime(5 * time.Minute)
	if err := db.Ping(); err != nil {
		return nil, err
	}
	find, err := db.Prepare("SELECT id, name, email FROM users WHERE id = $1")
	if err != nil {
		return nil, err
	}
	insert, err := db.Prepare("INSERT INTO users (name, email) VALUES ($1, $2) RETURNING id")
	if err != nil {
		return nil, err
	}
	return &database{find, insert}, nil
}

func (d *database) getUser(id int) (user, error) {
	var found user
	err := d.find.QueryRow(id).Scan(&found.ID, &found.Name, &found.Email)
	return found, err
}

func (d *database) createUser(new user) (user, error) {
	err := d.insert.QueryRow(new.Name, new.Email).Scan(&new.ID)
	return new, err
}

type userService struct {
	logger *zap.Logger
	cache  *cache
	db     *database
}

func (us *userService) getUser(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/users/"))
	if err != nil {
		http.Error(w, "User not found", http.StatusNotFound)
		return
	}
	key := "user:" + strconv.Itoa(id)
	var found user
	if us.cache.get(key, &found) == nil {
		us.answer(w, http.StatusOK, found)
		return
	}
	found, err = us.db.getUser(id)
	if errors.Is(err, sql.ErrNoRows) {
		http.Error(w, "User not found", http.StatusNotFound)
		return
	}
	if err != nil {
		us.logger.Error("Failed to get user from database", zap.Int("user_id", id), zap.Error(err))
		http.Error(w, "Failed to get user", http.StatusInternalServerError)
		return
	}
	if err := us.cache.set(key, found); err != nil {
		us.logger.Error("Failed to cache user", zap.Int("user_id", id), zap.Error(err))
	}
	us.answer(w, http.StatusOK, found)
}

func (us *userService) createUser(w http.ResponseWriter, r *http.Request) {
	var new user
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&new); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	created, err := us.db.createUser(new)
	if err != nil {
		us.logger.Error("Failed to create user", zap.Error(err))
		http.Error(w, "Failed to create user", http.StatusInternalServerError)
		return
	}
	us.answer(w, http.StatusCreated, created)
}

func (us *userService) answer(w http.ResponseWriter, status int, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		us.logger.Error("Failed to answer", zap.Error(err))
	}
}

// recorder remembers what the access log says of an answer.
type recorder struct {
	http.ResponseWriter
	status, bytes int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(data []byte) (int, error) {
	count, err := r.ResponseWriter.Write(data)
	r.bytes += count
	return count, err
}

func (us *userService) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		recorded := recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(&recorded, r)
		us.logger.Info("request",
			zap.String("method", r.Method), zap.String("path", r.URL.Path), zap.Int("status", recorded.status),
			zap.Int("bytes", recorded.bytes), zap.Duration("duration", time.Since(began)))
	})
}

func newUserService() (*userService, error) {
	config := zap.NewProductionConfig()
	config.Sampling = nil // a line for every request
	logger, err := config.Build()
	if err != nil {
		return nil, err
	}
	expiration := 5 * time.Minute
	if text := os.Getenv("USER_CACHE_TTL"); text != "" {
		if expiration, err = time.ParseDuration(text); err != nil {
			return nil, err
		}
	}
	cache, err := newCache(os.Getenv("REDIS_URL"), expiration)
	if err != nil {
		return nil, err
	}
	db, err := newDatabase(os.Getenv("DATABASE_URL"))
	if err != nil {
		return nil, err
	}
	return &userService{logger, cache, db}, nil
}

func main() {
	service, err := newUserService()
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/users/", service.getUser)
	mux.HandleFunc("/users", service.createUser)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), service.logged(mux)))
}
